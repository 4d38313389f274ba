// publish-nginx-conf and the proxy that reads what it brings: what is in force, and what a proxy that starts again reads.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { docker, inspect, root } from './docker.ts';
import type { Result } from './docker.ts';
import { useProxy } from './proxy.ts';
import { startTraffic } from './traffic.ts';
import { until } from './wait.ts';

const proxy = useProxy({ label: 'conf' });
const folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-conf-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LINES = ['GET /api/x', 'POST /api/y', 'GET /account', 'GET /readyz'];
const FAULT = 'no_such_directive on;';

/** A release that answers `/which` with its name, from a file that only it has. */
function prepare(release: string, fault = ''): string {
  const files = path.join(folder, release);
  const scripts = ['own-answers.conf', 'replicas.sh', 'start-proxy.sh'].map((name) => path.join('nginx', name));
  for (const name of ['nginx.conf', ...scripts]) cpSync(path.join(root, name), path.join(files, path.basename(name)));
  const conf = readFileSync(path.join(files, 'nginx.conf'), 'utf8');
  const before = '    # The one path that speaks WebSocket.';
  expect(conf).toContain(before);
  writeFileSync(
    path.join(files, 'nginx.conf'),
    conf.replace(before, `    include of-${release}.conf;\n${before}`) + fault,
  );
  writeFileSync(path.join(files, `of-${release}.conf`), `location = /which {\n  return 200 ${release};\n}\n`);
  return files;
}

/** Runs the command as if its image were of that release. */
function publish(files: string, ...words: string[]): Promise<Result> {
  const run = ['run', '--rm', '--no-deps', '--no-TTY', '--volume', `${files}:/usr/local/share/gatehouse:ro`];
  return proxy.stack.compose([...run, 'nginx-conf', 'publish-nginx-conf', ...words], { mayFail: true });
}

/** As a deploy does it. */
async function deploy(files: string): Promise<void> {
  for (const word of ['copy', 'use']) expect(await publish(files, word)).toMatchObject({ code: 0 });
  await replicas('reload');
}

const replicas = (word: string, mayFail = false): Promise<Result> =>
  proxy.stack.exec('proxy', ['sh', '/etc/gatehouse/replicas.sh', word], { mayFail });

const which = async (): Promise<string> => (await proxy.send('GET /which')).text;

const container = async (): Promise<string> => {
  const [id = ''] = await proxy.stack.containers('proxy');
  return id;
};

async function lifeOf(id: string): Promise<string> {
  const { State, RestartCount } = await inspect<{ State: { StartedAt: string }; RestartCount: number }>(
    'container',
    id,
  );
  return `${id} ${State.StartedAt} ${RestartCount}`;
}

const untilHealthy = async (): Promise<unknown> =>
  until('the proxy serves', async () => (await proxy.send('GET /readyz')).status === 200);

/** What a proxy reads that starts again, and one that is made anew. */
async function afterEachStart(): Promise<string[]> {
  await docker(['restart', await container()]);
  await untilHealthy();
  const restarted = await which();
  const former = await container();
  await proxy.stack.compose(['up', '--detach', '--wait', '--force-recreate', '--no-deps', 'proxy']);
  expect(await container()).not.toBe(former);
  return [restarted, await which()];
}

test('DP-10 the proxy has nothing of this machine mounted, and cannot write what it reads', async () => {
  const { Mounts } = await inspect<{ Mounts: { Type: string; Destination: string; RW: boolean }[] }>(
    'container',
    await container(),
  );
  const mounts = Mounts.map(({ Type, Destination, RW }) => `${Type} ${Destination} ${RW ? 'rw' : 'ro'}`);
  expect(mounts.toSorted()).toEqual(['volume /etc/gatehouse ro', 'volume /var/cache/nginx rw']);
});

test('RE-25 DP-10 what a deploy brings is tested, put in force, taken over, and fails no request', async () => {
  const life = await lifeOf(await container());
  const traffic = startTraffic(proxy.port, LINES);
  await deploy(prepare('ash'));
  expect(await which()).toBe('ash');

  const birch = prepare('birch');
  await publish(birch, 'copy');
  expect(await replicas('test', true)).toMatchObject({ code: 0 });
  await replicas('reload');
  expect(await which(), 'a copy is not in force').toBe('ash');
  await publish(birch, 'use');
  await replicas('reload');
  expect(await which()).toBe('birch');
  expect(await traffic.stop()).toEqual([]);
  expect(await lifeOf(await container())).toBe(life);

  const { stdout } = await proxy.stack.exec('proxy', ['ls', '/etc/gatehouse']);
  expect(stdout, 'a file of the former release').not.toContain('of-ash.conf');
});

test('DP-10 a proxy that starts again, or is made anew, reads what is in force', async () => {
  await deploy(prepare('cedar'));
  expect(await afterEachStart()).toEqual(['cedar', 'cedar']);
});

test('DP-10 what Nginx refuses is not in force: not for the proxy that runs, nor for one that starts', async () => {
  await deploy(prepare('douglas'));
  const broken = prepare('broken', FAULT);
  await publish(broken, 'copy');
  expect(await replicas('test', true)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('no_such_directive') as string,
  });
  await replicas('reload');
  expect(await which()).toBe('douglas');
  expect(await afterEachStart()).toEqual(['douglas', 'douglas']);
});

test('DP-01 DP-10 what a plain `docker compose up` runs refuses it too, by the Nginx of its image', async () => {
  await deploy(prepare('elm'));
  const refused = await publish(prepare('broken', FAULT));
  expect(refused).toMatchObject({ code: 78, stderr: expect.stringContaining('no_such_directive') as string });
  expect(await afterEachStart()).toEqual(['elm', 'elm']);
});

test('RE-25 DP-01 what a plain `docker compose up` brings is taken over by the proxy that runs, without a failed request', async () => {
  await deploy(prepare('fir'));
  const life = await lifeOf(await container());
  const traffic = startTraffic(proxy.port, LINES);
  expect(await publish(prepare('ginkgo'))).toMatchObject({ code: 0 });
  await until('it is in force', async () => (await which()) === 'ginkgo');
  expect(await traffic.stop()).toEqual([]);
  expect(await lifeOf(await container())).toBe(life);
});

test('DP-10 back is what was in force before, once', async () => {
  await deploy(prepare('hazel'));
  const ivy = prepare('ivy');
  await deploy(ivy);
  for (const turn of ['once', 'twice']) {
    expect(await publish(ivy, 'back'), turn).toMatchObject({ code: 0 });
    await replicas('reload');
    expect(await which(), turn).toBe('hazel');
  }
});

test('DP-10 back after the same release once more changes nothing, nor does one that was only copied', async () => {
  await deploy(prepare('juniper'));
  const kapok = prepare('kapok');
  await deploy(kapok);
  await deploy(kapok);
  await publish(kapok, 'back');
  await replicas('reload');
  expect(await which()).toBe('kapok');
  await publish(prepare('larch'), 'copy');
  await publish(kapok, 'back');
  await replicas('reload');
  expect(await which()).toBe('kapok');
});

test('DP-10 a copy that was cut off is no release, and the volume does not fill', async () => {
  const leave = 'mkdir /srv/proxy/releases/draft-cut && touch /srv/proxy/releases/draft-cut/nginx.conf';
  await proxy.stack.compose(['run', '--rm', '--no-deps', '--no-TTY', 'nginx-conf', 'sh', '-c', leave]);
  for (const name of ['maple', 'nutmeg', 'oak']) await deploy(prepare(name));
  expect(await which()).toBe('oak');
  const { stdout } = await proxy.stack.exec('proxy', ['ls', '/etc/gatehouse/releases']);
  expect(stdout.trim().split('\n'), 'the one in force, and the one before').toHaveLength(2);
});

test('DP-10 asked for something else, it says how it is used and does nothing', async () => {
  const { code, stdout } = await publish(prepare('pine'), 'help');
  expect([code, stdout]).toEqual([2, expect.stringContaining('publish-nginx-conf use')]);
  expect(await which()).toBe('oak');
});
