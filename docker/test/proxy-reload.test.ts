// What replicas.sh has Nginx take over, and what not: after a failure, from a folder of the host, and while it reloads.
import { beforeAll, expect, test } from 'vitest';
import { inspect } from './docker.ts';
import type { Result } from './docker.ts';
import { useProxy } from './proxy.ts';
import { until } from './wait.ts';

const proxy = useProxy({ label: 'reload', replicas: 2 });

const inProxy = (script: string, mayFail = false): Promise<Result> =>
  proxy.stack.exec('proxy', ['sh', '-c', script], { mayFail });

const call = (...args: string[]): Promise<Result> =>
  proxy.stack.exec('proxy', ['sh', '/etc/gatehouse/replicas.sh', ...args], { mayFail: true });

const workers = async (): Promise<string> =>
  (await inProxy('grep -l "^nginx: worker process" /proc/[0-9]*/cmdline | sort | tr "\\n" " "')).stdout;

/** In the volume, as a plain `docker compose up` brings another release: `nginx.conf` after that edit of sed. */
const bring = (edit: string): Promise<Result> =>
  proxy.stack.compose([
    ...['run', '--rm', '--no-deps', '--no-TTY', 'nginx-conf', 'sh', '-c'],
    `cd /srv/proxy/current && sed '${edit}' nginx.conf >/tmp/new && cp /tmp/new nginx.conf`,
  ]);

// The only refreshes are those of the tests: without the loop of start-proxy.sh.
beforeAll(async () => {
  const { stdout } = await inProxy(`for process in /proc/[0-9]*; do
    if tr '\\0' ' ' <"$process/cmdline" | grep -q '^sh /etc/gatehouse/start-proxy.sh'; then kill "\${process#/proc/}" && echo ended; fi
  done`);
  if (stdout !== 'ended\n') throw new Error(`the loop was not found: ${stdout}`);
});

async function servedBy(): Promise<string[]> {
  const echoes = [];
  for (let turn = 0; turn < 12; turn += 1) echoes.push(await proxy.echo());
  return [...new Set(echoes.map(({ name }) => name))].sort();
}

/** As a proxy has it whose container was made by a release that mounted nginx/ of the checkout. */
const MOUNT = 'rm -rf /tmp/mounted && mkdir /tmp/mounted && cp /etc/gatehouse/current/* /tmp/mounted';

test('RE-25 addresses that Nginx could not take over are taken over by the next refresh, once it can', async () => {
  const ids = await proxy.stack.containers('backend');
  const [first = ''] = ids;
  const { Name } = await inspect<{ Name: string }>('container', first);
  await until('both serve', async () => (await servedBy()).length === 2);
  await inProxy('echo "no_such_directive;" >>/tmp/gatehouse/server-names.conf');
  const failed = await call('use', '5', `backend=${Name.slice(1)}`);
  expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining('no_such_directive') as string });
  expect(await call('refresh'), 'a second try fails as well, and is no success').toMatchObject({ code: 1 });
  expect(await servedBy(), 'the former ones serve on').toHaveLength(2);
  await inProxy('sed -i /no_such_directive/d /tmp/gatehouse/server-names.conf');
  expect(await call('refresh')).toMatchObject({ code: 0 });
  expect(await servedBy()).toEqual([first.slice(0, 12)]);

  const before = await workers();
  for (const word of ['refresh', 'reload']) expect(await call(word), word).toMatchObject({ code: 0, stderr: '' });
  expect(await workers(), 'nothing is left to take over').toBe(before);
});

test('DP-10 what Nginx has refused is not tried again with each refresh, until it is another', async () => {
  await bring('$ a no_such_directive on;');
  expect(await call('refresh')).toMatchObject({ code: 1 });
  for (const turn of [1, 2]) expect(await call('refresh'), `${turn}`).toMatchObject({ code: 0, stderr: '' });
  expect(await call('reload'), 'a deploy is told').toMatchObject({ code: 1 });
  const before = await workers();
  await bring('s/^no_such_directive on;$/# mended/');
  expect(await call('refresh')).toMatchObject({ code: 0, stderr: '' });
  expect(await workers()).not.toBe(before);
});

test('DP-10 a folder of the host that changes, as by `git pull`, waits for a deploy', async () => {
  await call('reload');
  const before = await workers();
  await inProxy(`${MOUNT} && echo "# pulled" >>/tmp/mounted/nginx.conf`);
  await inProxy('sh /tmp/mounted/replicas.sh refresh');
  expect(await workers()).toBe(before);
  await inProxy('sh /tmp/mounted/replicas.sh reload');
  expect(await workers(), 'which reloads').not.toBe(before);
});

test('DP-10 what is put in force while Nginx reloads is the next reload’s', async () => {
  // In the moment after Nginx was told, and before it is known what it took over.
  const nginx = `nginx() {
    command nginx "$@"
    case "$*" in *' -s reload') echo '# brought meanwhile' >>/tmp/mounted/nginx.conf ;; esac
  }`;
  await inProxy(`${MOUNT} && echo "# first" >>/tmp/mounted/nginx.conf
    sh -c '${nginx.replaceAll("'", `'"'"'`)}
    . "$0"' /tmp/mounted/replicas.sh reload`);
  expect((await inProxy('cat /tmp/mounted/nginx.conf')).stdout).toContain('# brought meanwhile');
  const before = await workers();
  await inProxy('sh /tmp/mounted/replicas.sh reload');
  expect(await workers()).not.toBe(before);
});
