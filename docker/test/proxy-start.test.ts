// What the proxy's settings may be: it refuses the others before it listens.
import { beforeAll, expect, test } from 'vitest';
import type { Result } from './docker.ts';
import { PROXY_FILES } from './proxy.ts';
import { makeStack } from './stack.ts';
import type { Stack } from './stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await makeStack('start', { files: PROXY_FILES });
  await stack.compose(['run', '--rm', '--no-deps', '--no-TTY', 'nginx-conf']);
  return () => stack.down();
});

/** Shows what Nginx has read, once it runs. */
const SHOW = `
  sh /etc/gatehouse/start-proxy.sh &
  while [ ! -s /tmp/nginx.pid ]; do kill -0 $! || exit 1; sleep 0.1; done
  cd /tmp/gatehouse && cat trusted-proxies.conf trusted-peers.conf site.conf server-names.conf`;

function start(env: Record<string, string>, command: readonly string[] = []): Promise<Result> {
  const args = ['run', '--rm', '--no-deps', '--no-TTY', 'proxy', ...command];
  return stack.compose(args, { env, mayFail: true, seconds: 20 });
}

/** Compose's own lines aside. */
const said = ({ stderr }: Result): string[] =>
  stderr
    .split('\n')
    .filter((line) => line !== '' && !/^ ?(?:Container|Network|Volume) |^time=|^ \S+ .*(?:Creat|Start)/.test(line));

async function expectRefusal(env: Record<string, string>, start_: RegExp): Promise<void> {
  const result = await start(env);
  const lines = said(result);
  expect([result.code, lines.length], JSON.stringify([env, result])).toEqual([78, 1]);
  expect(lines[0]).toMatch(start_);
  expect(result.stdout).toBe('');
}

test('RL-04 DP-01 trusting everybody, a word, or more than an address refuses the start', async () => {
  const refused = [
    '0.0.0.0/0',
    '::/0',
    '10.0.0.0/8,0.0.0.0/0',
    'everybody',
    'true',
    'proxy',
    '10.0.0.1; allow all',
    '10.0.0.1$(id)',
    '*',
    '10.0.0.1 all',
  ];
  for (const entry of refused)
    await expectRefusal({ TRUSTED_PROXIES: entry }, /^gatehouse proxy: TRUSTED_PROXIES: ".+" is /);
});

test('RL-04 DP-01 a spelling of everybody is everybody', async () => {
  for (const entry of ['0/0', '0.0.0.0/00', '1.2.3.4/0', '::0/0', '0:0:0:0:0:0:0:0/0'])
    await expectRefusal({ TRUSTED_PROXIES: entry }, /^gatehouse proxy: TRUSTED_PROXIES: ".+" is /);
});

test('RL-04 DP-01 what only looks like an address refuses the start too', async () => {
  for (const entry of [
    '10.0.0',
    '10.0.0.1/33',
    '1.2.3.4.5',
    'abc',
    '::1::2',
    '10.0.0.1/',
    'fe',
    '999.1.1.1',
    '::ffff:10.0.0.0/8',
    '::1/129',
    '1:2:3:4:5:6:7:8:9',
    ':1:2:3:4:5:6:7',
    '-1',
    '10.0.0.1/8/8',
  ])
    await expectRefusal({ TRUSTED_PROXIES: entry }, /^gatehouse proxy: TRUSTED_PROXIES: ".+" is /);
});

test('HT-15 DP-01 an address of the site that is none, or that would write into the configuration, refuses the start', async () => {
  const refused = [
    'auth.example.org',
    'ftp://auth.example.org',
    'https://',
    'http://',
    'https://a.org;return 200',
    'https://a.org"',
    'https://a b.org',
    'https://a.org$host',
    'https://a.org\nserver_name x',
    'https://user@a.org',
  ];
  for (const url of refused) await expectRefusal({ PUBLIC_URL: url }, /^gatehouse proxy: PUBLIC_URL: "/);
});

test('HT-15 DP-01 an address of the site with a path refuses the start: everything is served at the root', async () => {
  for (const url of ['https://a.org/sub', 'https://a.org//', 'https://a.org:x', 'https://:8080', 'https://a.org:80:80'])
    await expectRefusal({ PUBLIC_URL: url }, /^gatehouse proxy: PUBLIC_URL: "/);
});

test('RL-04 HT-15 what is allowed is written as it was said', async () => {
  const show = async (env: Record<string, string>): Promise<string> => {
    const { code, stdout, stderr } = await start(env, ['sh', '-c', SHOW]);
    expect(code, stderr).toBe(0);
    return stdout;
  };
  const trusted = await show({
    TRUSTED_PROXIES: ' 10.0.0.0/8,2001:db8::/32 ,loopback',
    PUBLIC_URL: 'https://auth.example.org:8443/',
  });
  expect(trusted.match(/set_real_ip_from .*;/g)).toEqual(
    ['127.0.0.0/8', '::1', '10.0.0.0/8', '2001:db8::/32'].map((entry) => `set_real_ip_from ${entry};`),
  );
  expect(trusted).toContain('10.0.0.0/8 1;');
  expect(trusted).toContain('default "https://auth.example.org:8443";');
  expect(trusted).toContain('max-age=31536000; includeSubDomains');
  expect(trusted).toContain('server_name auth.example.org ;');
  expect(trusted).not.toContain('localhost');

  const local = await show({ TRUSTED_PROXIES: 'none', PUBLIC_URL: 'http://[::1]:8080' });
  expect(local.match(/set_real_ip_from .*;/g)).toEqual(['set_real_ip_from 127.0.0.0/8;', 'set_real_ip_from ::1;']);
  expect(local).not.toContain('max-age');
  expect(local).toMatch(/server_name (?=.*localhost)(?=.*127\.0\.0\.1)(?=.*\[::1\])/);
});
