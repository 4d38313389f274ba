// replicas.sh, as its first lines say it behaves: what a deploy stands on.
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { docker, inspect } from './docker.ts';
import type { Result } from './docker.ts';
import { expectPageHeaders, expectProblem } from './headers.ts';
import type { Answer } from './http.ts';
import { useProxy, wish } from './proxy.ts';
import { startTraffic } from './traffic.ts';
import { until } from './wait.ts';

const proxy = useProxy({ label: 'replicas', replicas: 2 });

interface Replica {
  /** What replicas.sh calls it. */
  container: string;
  /** What it calls itself. */
  name: string;
}
let first: Replica;
let second: Replica;

const call = (args: readonly string[], mayFail = false): Promise<Result> =>
  proxy.stack.exec('proxy', ['sh', '/etc/gatehouse/replicas.sh', ...args], { mayFail });

/** `use` for the server's containers, and no longer than `seconds`. */
const use = (seconds: number, containers: readonly string[]): Promise<Result> =>
  call(['use', String(seconds), `backend=${containers.join(',')}`]);

/** As after a change of nginx.conf: it forgets what Nginx has read. */
const forgetSettings = (): Promise<unknown> => proxy.stack.exec('proxy', ['rm', '-f', '/tmp/gatehouse/loaded']);

const workers = async (): Promise<string> =>
  (await proxy.stack.exec('proxy', ['sh', '-c', 'grep -l "^nginx: worker" /proc/[0-9]*/cmdline | sort | tr "\\n" " "']))
    .stdout;

/** A request that a server does not answer before it gets SIGUSR2. */
async function hold(target: string): Promise<{ answer: Promise<Answer> }> {
  const answer = proxy.send(`GET ${target}`, { fields: [wish({ act: 'hold' })] });
  await until('it is held', async () => (await proxy.stack.logs('backend')).includes(`held ${target}\n`));
  return { answer };
}

async function servedBy(): Promise<string[]> {
  const echoes = [];
  for (let turn = 0; turn < 12; turn += 1) echoes.push(await proxy.echo());
  return [...new Set(echoes.map(({ name }) => name))].sort();
}

beforeAll(async () => {
  const ids = await proxy.stack.containers('backend');
  const replicas = await Promise.all(
    ids.map(async (id) => {
      const { Name: name } = await inspect<{ Name: string }>('container', id);
      return { container: name.slice(1), name: id.slice(0, 12) };
    }),
  );
  [first, second] = replicas as [Replica, Replica];
});

beforeEach(async () => {
  await use(5, [first.container, second.container]);
  await until('both serve', async () => (await servedBy()).length === 2);
});

test('RE-25 DP-10 use sends every new request to those and no others, and fails none of them', async () => {
  const traffic = startTraffic(proxy.port, ['GET /api/x', 'POST /api/y', 'GET /account']);
  for (const replica of [first, second, first]) {
    await use(10, [replica.container]);
    expect(await servedBy()).toEqual([replica.name]);
  }
  expect(await traffic.stop()).toEqual([]);
});

test('RE-25 DP-10 use waits for what still runs on the former ones, while new requests go to the new ones', async () => {
  await use(5, [second.container]);
  const held = await hold('/api/held-1');
  let isDone = false;
  const using = use(30, [first.container]).then((result) => {
    isDone = true;
    return result;
  });
  await until('new requests go to the first', async () => (await servedBy()).join() === first.name);
  expect(isDone).toBe(false);
  await docker(['kill', '--signal', 'SIGUSR2', second.container]);
  const answer = await held.answer;
  expect([answer.status, answer.json()['name']]).toEqual([200, second.name]);
  expect((await using).stderr).not.toContain('still run');
});

test('RE-25 DP-10 use waits no longer than it is told, and says so; what still runs is answered all the same', async () => {
  await use(5, [second.container]);
  const held = await hold('/api/held-2');
  const { code, stderr } = await use(1, [first.container]);
  expect([code, stderr]).toEqual([0, expect.stringContaining('still run after 1 s')]);
  await docker(['kill', '--signal', 'SIGUSR2', second.container]);
  expect((await held.answer).status).toBe(200);
});

test('RE-25 DP-10 what was chosen outlives the proxy’s container', async () => {
  await use(5, [second.container]);
  await proxy.stack.compose(['up', '--detach', '--wait', '--force-recreate', '--no-deps', 'proxy']);
  expect(await servedBy()).toEqual([second.name]);
});

test('DP-10 use of what is there already changes nothing: no worker is replaced', async () => {
  const before = await workers();
  await use(5, [first.container, second.container]);
  await call(['refresh']);
  expect(await workers()).toBe(before);
  await call(['reload']);
  expect(await workers()).toBe(before);
  await forgetSettings();
  await call(['reload']);
  expect(await workers()).not.toBe(before);
});

test('RE-25 names that nobody has are not nobody: all of the service’s containers take the requests', async () => {
  await use(5, ['no-such-container']);
  expect(await servedBy()).toEqual([first.name, second.name].sort());
  await use(5, ['no-such-container', first.container]);
  expect(await servedBy()).toEqual([first.name]);
});

test('RE-25 a configuration with a fault is refused, and the former one keeps serving', async () => {
  const spoil = 'echo "no_such_directive;" >>/tmp/gatehouse/server-names.conf';
  await proxy.stack.exec('proxy', ['sh', '-c', spoil]);
  await forgetSettings();
  const { code, stderr } = await call(['reload'], true);
  expect(code).not.toBe(0);
  expect(stderr).toContain('no_such_directive');
  expect(await servedBy()).toEqual([first.name, second.name].sort());
  await proxy.stack.exec('proxy', ['sed', '-i', '/no_such_directive/d', '/tmp/gatehouse/server-names.conf']);
  expect((await call(['reload'])).code).toBe(0);
});

test('RE-25 HT-05 HT-16 just before a reload each answer is as ever, and the last of its connection', async () => {
  const site = { https: false };
  await proxy.stack.exec('proxy', ['touch', '/tmp/gatehouse/closing']);
  try {
    const keep = ['Connection: keep-alive'];
    const page = await proxy.send('GET /account', { fields: keep });
    expectPageHeaders(page, site, 'page');
    const answer = await proxy.send('POST /api/x', { fields: keep, body: '{}' });
    expect(answer.json()).toMatchObject({ method: 'POST', target: '/api/x', bytes: 2 });
    for (const each of [page, answer]) expect(each.header('connection')).toBe('close');
    for (const target of ['//api/x', '/API', '/api;x']) expect((await proxy.echo(`GET ${target}`)).target).toBe(target);
    const told = await proxy.echo('GET /api/realtime', {
      fields: ['X-Forwarded-For: 198.51.100.7', 'Connection: Upgrade', 'Upgrade: h2c'],
    });
    expect(JSON.stringify(told.fields)).not.toMatch(/198\.51|h2c/);
    expectProblem(await proxy.send('GET /none.txt'), 'not-found', { ...site, instance: '/none.txt' });
    const large = await proxy.send('POST /api/x', { body: 'x'.repeat(16_385) });
    expectProblem(large, 'content-too-large', { ...site, instance: '/api/x' });
    const cut = await proxy.send('GET /api/x', { fields: [wish({ act: 'cut' })] });
    expectProblem(cut, 'unavailable', { ...site, instance: '/api/x' });
    expect((await proxy.send('GET /api/x', { fields: ['Host: evil.example'] })).status).toBe(421);
  } finally {
    await proxy.stack.exec('proxy', ['rm', '/tmp/gatehouse/closing']);
  }
});

test('DP-10 asked for nothing or for something else, it says how it is used and does nothing', async () => {
  const before = await workers();
  for (const args of [[], ['help'], ['remove', 'backend']]) {
    const { code, stdout } = await call(args, true);
    expect([code, stdout]).toEqual([2, expect.stringContaining('replicas.sh use SECONDS SERVICE=CONTAINER')]);
    expect(stdout.split('\n').filter((line) => !line.startsWith('# '))).toEqual(['']);
  }
  expect(await workers()).toBe(before);
});
