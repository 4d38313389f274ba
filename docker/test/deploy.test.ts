// ./deploy.sh on a real engine: what is there afterwards, and that nobody notices.
import { existsSync, readdirSync, readlinkSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { docker } from './docker.ts';
import type { Report } from './load.ts';
import { openPage, prepareBrokenRelease, prepareNextRelease, startVisitors, useSetupLink } from './release.ts';
import type { Account } from './release.ts';
import { makeSite } from './site.ts';
import type { Deploy, Site } from './site.ts';

interface Inspected {
  Name: string;
  Config: { User: string };
  HostConfig: { Memory: number; NanoCpus: number; PidsLimit: number; Binds: string[] | null };
  Mounts: { Type: string; Destination: string }[];
  NetworkSettings: { Ports: Record<string, { HostIp: string; HostPort: string }[] | null> };
}

let site: Site;
let account: Account;
let first: Deploy;

const allContainers = async (): Promise<string> =>
  (await docker(['ps', '--no-trunc', '--format', '{{.ID}} {{.Names}} {{.Image}}', '--filter', `name=${site.project}`]))
    .stdout;

/** What the site answers now and then: to be the same before and after what must change nothing. */
async function expectServing(): Promise<void> {
  for (const target of ['/readyz', '/sign-in', '/api/auth/options'])
    expect((await fetch(site.url + target)).status).toBe(200);
  const me = await fetch(`${site.url}/api/auth/me`, { headers: { Authorization: `Bearer ${account.accessToken}` } });
  expect(me.status).toBe(200);
}

function print(what: string, deploy: Deploy, report: Report): void {
  const { requests, failures, p50, p99, slowest } = report;
  process.stderr.write(
    `${what}: ${deploy.seconds.toFixed(1)} s, ${requests} requests, ${failures} failed, p50 ${p50} ms, p99 ${p99} ms, slowest ${slowest} ms\n`,
  );
}

/** The act, under 100 requests a second that begin before it and end after it. */
async function underLoad(what: string, act: () => Promise<Deploy>): Promise<Deploy> {
  const visitors = await startVisitors(site, account);
  const deploy = await act();
  const report = await visitors.stop();
  print(what, deploy, report);
  expect(report.causes, deploy.output).toEqual({});
  expect(report.requests).toBeGreaterThan(deploy.seconds * 90);
  return deploy;
}

const versionsOf = async (service: string): Promise<string[]> => {
  const names = await site.containers(service);
  const { stdout } = await docker(['inspect', '--format', '{{.Image}}', ...names]);
  return [...new Set(stdout.split('\n').filter(Boolean))];
};

const idsOf = async (service: string): Promise<string> =>
  (await docker(['inspect', '--format', '{{.Id}} {{.State.StartedAt}}', ...(await site.containers(service))])).stdout;

describe('deploy.sh on a server', () => {
  beforeAll(async () => {
    site = await makeSite('deploy', 'production');
    first = await site.deploy('--yes');
    if (first.code !== 0) throw new Error(first.output);
    account = await useSetupLink(site, first.output);
  });
  afterAll(() => site.remove());

  it('DP-10 the first deploy makes secrets, a ready stack and a set-up link; a second one changes nothing', async () => {
    const secrets = path.join(site.folder, 'secrets/production');
    expect(statSync(secrets).mode & 0o777).toBe(0o700);
    expect(readdirSync(secrets)).toContain('app-secret');
    expect(first.output).not.toContain(readFileSync(path.join(secrets, 'app-secret'), 'utf8').trim());
    expect(readlinkSync(path.join(site.folder, '.env'))).toBe('.env.production');
    expect(await site.containers('backend')).toHaveLength(2);
    const before = await allContainers();

    const second = await site.deploy();
    expect(second).toMatchObject({ code: 0, output: expect.stringContaining('everything runs as it should already') });
    expect(await allContainers()).toBe(before);
    expect(existsSync(path.join(site.folder, 'backups'))).toBe(false);
    await expectServing();
  });

  it('DP-10 plain docker compose finds everything as the deploy left it', async () => {
    const before = await allContainers();
    for (const files of [['-f', 'docker-compose.yml', '-f', 'docker-compose.prod.yml'], []]) {
      await docker(['compose', ...files, 'up', '--detach'], { cwd: site.folder });
      expect(await allContainers(), files.join(' ')).toBe(before);
    }
    await expectServing();
  });

  it('DP-05 DP-06 every container is denied what it does not need; only the proxy has a port', async () => {
    const { stdout } = await docker(['ps', '--quiet', '--filter', `label=com.docker.compose.project=${site.project}`]);
    const ids = stdout.split('\n').filter(Boolean);
    expect(ids).toHaveLength(6);
    const { stdout: text } = await docker(['inspect', ...ids]);
    for (const { Name, Config, HostConfig, Mounts, NetworkSettings } of JSON.parse(text) as Inspected[]) {
      expect(Config.User, Name).toMatch(/^[1-9]\d*(:[1-9]\d*)?$/);
      expect(HostConfig, Name).toMatchObject({
        ReadonlyRootfs: true,
        Privileged: false,
        CapDrop: ['ALL'],
        CapAdd: null,
        SecurityOpt: ['no-new-privileges:true'],
        NetworkMode: expect.not.stringMatching(/host/) as string,
        PidMode: '',
        RestartPolicy: { Name: 'unless-stopped' },
        LogConfig: { Config: { 'max-size': '10m', 'max-file': '5' } },
      });
      for (const limit of ['Memory', 'NanoCpus', 'PidsLimit'] as const)
        expect(HostConfig[limit], `${Name} ${limit}`).toBeGreaterThan(0);
      expect(HostConfig.Binds?.join() ?? '').not.toContain('docker.sock');
      // Nothing of the checkout but where a file is read once, at the start; what the proxy reads changes while it runs.
      if (Name.includes('-proxy-'))
        expect(Mounts.map(({ Type, Destination }) => `${Type} ${Destination}`).sort()).toEqual([
          'volume /etc/gatehouse',
          'volume /var/cache/nginx',
        ]);
      const published = Object.values(NetworkSettings.Ports).flatMap((bindings) => bindings ?? []);
      expect(published, Name).toEqual(
        Name.includes('-proxy-') ? [{ HostIp: '127.0.0.1', HostPort: String(site.port) }] : [],
      );
    }
    const network = await docker(['network', 'inspect', '--format', '{{.Internal}}', `${site.project}_data`]);
    expect(network.stdout.trim()).toBe('true');
  });

  it('DP-08 the server cannot change tables, nor take back what it has recorded', async () => {
    const sql = async (statement: string) => {
      const { stdout, stderr } = await site.compose(
        ['exec', '-T', 'postgres', 'psql', '-U', 'gatehouse', '-c', `SET ROLE gatehouse_server; ${statement}`],
        { mayFail: true },
      );
      return stdout + stderr;
    };
    for (const statement of [
      'CREATE TABLE t (id text)',
      'DROP TABLE users',
      'ALTER TABLE users ADD COLUMN x text',
      'TRUNCATE sessions',
      'DELETE FROM security_events',
      'UPDATE security_events SET id = id',
      'DELETE FROM schema_migrations',
    ])
      expect(await sql(statement), statement).toMatch(/permission denied|must be owner/);
    expect(await sql('SELECT count(*) FROM users')).toContain('(1 row)');
  });

  it('RE-14 RE-25 a new version with a migration: no request fails, and a page that was open goes on', async () => {
    const open = await openPage(site);
    const stranger = await openPage(site);
    const before = await versionsOf('backend');
    const proxy = await idsOf('proxy');
    prepareNextRelease(site, 'Join us');
    const deploy = await underLoad('a new version', () => site.deploy('--yes'));
    expect(deploy).toMatchObject({ code: 0, output: expect.stringContaining('Applied 9999-canary') });
    expect(await versionsOf('backend')).not.toEqual(before);
    expect(await idsOf('proxy'), 'what holds the port is the same container').toEqual(proxy);
    expect(await site.containers('backend')).toHaveLength(2);
    expect(await site.containers('frontend')).toHaveLength(1);
    expect(readdirSync(path.join(site.folder, 'backups/production'))).toEqual([
      expect.stringMatching(/^\d{4}.+\.dump$/),
    ]);

    expect(await open.goOn(), 'the chunk of the release that the page is from').toBe('Sign up');
    expect(open.faults).toEqual([]);
    const fresh = await openPage(site);
    expect(await fresh.goOn()).toBe('Join us');
    for (const { close } of [open, stranger, fresh]) await close();
    await expectServing();
  });

  it('RE-14 DP-10 a version that does not become ready is put back, with its logs, and no request fails', async () => {
    const before = await allContainers();
    prepareBrokenRelease(site);
    const deploy = await underLoad('a broken version', () => site.deploy('--yes'));
    expect(deploy.code).toBe(1);
    expect(deploy.output).toContain('a release that cannot run');
    expect(deploy.output).toContain('the version before still serves');
    expect(await allContainers()).toBe(before);
    await expectServing();
  });

  it('RE-14 --rollback goes back to the release before, and no request fails', async () => {
    const latest = await versionsOf('frontend');
    const deploy = await underLoad('a rollback', () => site.deploy('--rollback', '--yes'));
    expect(deploy.code, deploy.output).toBe(0);
    expect(await versionsOf('frontend')).not.toEqual(latest);
    expect(await site.containers('backend')).toHaveLength(2);
    await expectServing();
    expect(await site.deploy('--rollback', '--yes')).toMatchObject({
      code: 1,
      output: expect.stringContaining('There is no former release to go back to. Nothing was changed.'),
    });
  });
});
