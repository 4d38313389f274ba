// A changed nginx.conf on a server: in force with its release, refused before anything changes, back with the release before; and
// the way from a release whose proxy has the checkout's folder nginx/ mounted.
import { copyFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { docker, inspect } from './docker.ts';
import { makeSite } from './site.ts';
import type { Deploy, Site } from './site.ts';
import { startTraffic } from './traffic.ts';
import { until } from './wait.ts';

const VOLUME = '- nginx-conf:/etc/gatehouse:ro';
const FOLDER = '- ./nginx:/etc/gatehouse:ro';
// Not /readyz: on a busy machine a server may say for a moment that its database does not answer.
const LINES = ['GET /api/auth/options', 'GET /sign-in', 'GET /.well-known/jwks.json'];
const inVolume = ['run', '--rm', '--no-deps', '--no-TTY', 'nginx-conf', 'sh', '-c'];

let site: Site;

const asText = (text: string): string => expect.stringContaining(text) as string;
const inFolder = (file: string): string => path.join(site.folder, file);

/** A release that answers `/which` with its name. */
function prepare(release: string): void {
  const [line = ''] = /^.*location = \/which .*$/m.exec(readFileSync(inFolder('nginx.conf'), 'utf8')) ?? [];
  const before = '    # The one path that speaks WebSocket.';
  const added = `    location = /which { return 200 ${release}; }`;
  if (line === '') site.change('nginx.conf', before, `${added}\n${before}`);
  else site.change('nginx.conf', line, added);
}

const which = async (): Promise<string> => (await fetch(`${site.url}/which`)).text();

async function proxy(): Promise<{ id: string; life: string; mount: string }> {
  const [name = ''] = await site.containers('proxy');
  const { Id, State, Mounts } = await inspect<{
    Id: string;
    State: { StartedAt: string };
    Mounts: { Type: string; Destination: string }[];
  }>('container', name);
  const mount = Mounts.find(({ Destination }) => Destination === '/etc/gatehouse')?.Type ?? '';
  return { id: Id, life: `${Id} ${State.StartedAt}`, mount };
}

/** Fails no request, and leaves the proxy's container as it is. */
async function unnoticed(act: () => Promise<Deploy>): Promise<Deploy> {
  const { life } = await proxy();
  const traffic = startTraffic(site.port, LINES, 4);
  const deploy = await act();
  const answered = traffic.answered();
  expect(await traffic.stop(), deploy.output).toEqual([]);
  expect(answered).toBeGreaterThan(200);
  expect((await proxy()).life).toBe(life);
  return deploy;
}

async function restart(): Promise<void> {
  await docker(['restart', (await proxy()).id]);
  await until('the proxy serves', async () => (await fetch(`${site.url}/readyz`)).status === 200);
}

describe('nginx.conf of a release', () => {
  beforeAll(async () => {
    site = await makeSite('conf', 'production');
    prepare('mounted');
    const first = await site.deploy('--yes');
    if (first.code !== 0) throw new Error(first.output);
    // As it was: the folder of the checkout in the proxy's container, nginx.conf in it, and nothing in the volume.
    site.change('docker-compose.yml', VOLUME, FOLDER);
    copyFileSync(inFolder('nginx.conf'), inFolder('nginx/nginx.conf'));
    await site.compose(['up', '--detach', '--wait']);
    await site.compose([...inVolume, 'rm -rf /srv/proxy/* /srv/proxy/.lock']);
  });
  afterAll(() => site.remove());

  it('RE-14 RE-25 DP-10 from a mounted folder on: nobody notices, the proxy reads the new one, and it is said what to do', async () => {
    expect(await proxy()).toMatchObject({ mount: 'bind' });
    expect(await which()).toBe('mounted');
    site.change('docker-compose.yml', FOLDER, VOLUME);
    rmSync(inFolder('nginx/nginx.conf'));
    prepare('first');
    const deploy = await unnoticed(() => site.deploy('--yes'));
    expect(deploy, deploy.output).toMatchObject({ code: 0, output: asText('nginx.conf is copied there') });
    expect(deploy.output).toMatch(/-proxy-1 runs with former settings\. .*made anew.*\n.* up -d$/m);
    expect(await which()).toBe('first');
    await restart();
    expect(await which()).toBe('first');

    // The operator's moment.
    await site.compose(['up', '--detach', '--wait']);
    rmSync(inFolder('nginx/nginx.conf'));
    expect(await proxy()).toMatchObject({ mount: 'volume' });
    expect(await which()).toBe('first');
    await restart();
    expect(await which()).toBe('first');
    expect((await site.deploy('--status')).output).not.toContain('former settings');
  });

  it('RE-14 RE-25 DP-10 a changed nginx.conf is in force after the deploy, and no request fails', async () => {
    prepare('second');
    const deploy = await unnoticed(() => site.deploy('--yes'));
    expect(deploy.code, deploy.output).toBe(0);
    expect(await which()).toBe('second');
    expect(existsSync(inFolder('nginx/nginx.conf'))).toBe(false);
    expect((await site.deploy('--status')).output).not.toContain('former settings');
    const { life } = await proxy();
    await site.compose(['up', '--detach']);
    expect((await proxy()).life, 'plain docker compose finds nothing to do').toBe(life);
  });

  it('DP-10 one that Nginx refuses ends the deploy before anything changes, and is not read by a proxy that starts', async () => {
    site.change('nginx.conf', 'worker_processes auto;', 'worker_processes many;');
    const deploy = await unnoticed(() => site.deploy('--yes'));
    site.change('nginx.conf', 'worker_processes many;', 'worker_processes auto;');
    expect(deploy, deploy.output).toMatchObject({ code: 1, output: asText('The proxy refuses nginx.conf') });
    expect(deploy.output).toContain('"worker_processes" directive invalid value');
    expect(deploy.output).not.toContain('start databases');
    await restart();
    expect(await which()).toBe('second');
    await site.compose(['up', '--detach', '--wait', '--force-recreate', 'proxy']);
    expect(await which()).toBe('second');
  });

  it('RE-14 DP-10 a deploy that is put back after the switch takes its nginx.conf with it', async () => {
    prepare('third');
    const deploy = site.start('--yes');
    await deploy.says('check site');
    process.kill(deploy.pid, 'SIGINT');
    expect(await deploy.done).toMatchObject({ code: 130 });
    expect(await which()).toBe('second');
    await restart();
    expect(await which()).toBe('second');
  });

  it(
    'DP-10 a deploy that is killed after the switch: the proxy serves, starts, and the next deploy finishes it',
    { timeout: 240_000 },
    async () => {
      const deploy = site.start('--yes');
      await deploy.says('check site');
      process.kill(deploy.pid, 'SIGKILL');
      await deploy.done;
      expect(await which()).toBe('third');
      await restart();
      expect(await which()).toBe('third');
      expect(await unnoticed(() => site.deploy('--yes'))).toMatchObject({ code: 0 });
      expect(await site.containers('backend')).toHaveLength(2);
      expect(await which()).toBe('third');
    },
  );

  it('RE-14 RE-25 --rollback brings back the nginx.conf of the release before', { timeout: 240_000 }, async () => {
    prepare('fourth');
    expect(await site.deploy('--yes')).toMatchObject({ code: 0 });
    expect(await which()).toBe('fourth');
    const deploy = await unnoticed(() => site.deploy('--rollback', '--yes'));
    expect(deploy.code, deploy.output).toBe(0);
    expect(await which()).toBe('third');
  });

  it(
    'DP-10 a proxy that is down is mended by a deploy, with its container as it is',
    { timeout: 240_000 },
    async () => {
      const { id } = await proxy();
      await site.compose([...inVolume, 'rm -rf /srv/proxy/*']);
      await docker(['restart', id]);
      await until('it cannot start', async () => {
        const { RestartCount } = await inspect<{ RestartCount: number }>('container', id);
        return RestartCount > 2;
      });
      const deploy = await site.deploy('--yes');
      expect(deploy.code, deploy.output).toBe(0);
      expect(await which()).toBe('fourth');
      expect((await proxy()).id).toBe(id);

      await docker(['stop', id]);
      const unchanged = await site.deploy('--yes');
      expect(unchanged, unchanged.output).toMatchObject({ code: 0, output: asText('everything runs as it should') });
      expect(await which()).toBe('fourth');

      await docker(['stop', id]);
      site.change('nginx.conf', 'worker_processes auto;', 'worker_processes many;');
      const refused = await site.deploy('--yes');
      site.change('nginx.conf', 'worker_processes many;', 'worker_processes auto;');
      expect(refused, refused.output).toMatchObject({ code: 1, output: asText('The proxy refuses nginx.conf') });
      await docker(['start', id]);
      await until('the proxy serves', async () => (await fetch(`${site.url}/readyz`)).status === 200);
      expect(await which()).toBe('fourth');
    },
  );
});
