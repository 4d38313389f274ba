// What goes wrong on a server: each ends with one clear message, the version before still serving, and nothing half done.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { docker } from './docker.ts';
import { prepareNextRelease, useSetupLink } from './release.ts';
import type { Account } from './release.ts';
import { makeSite } from './site.ts';
import type { Deploy, Site } from './site.ts';
import { until } from './wait.ts';

let site: Site;
let account: Account;

const asText = (text: string): string => expect.stringContaining(text) as string;

/** Only root makes a small disk. */
function asRoot(...command: string[]): void {
  execFileSync(process.getuid?.() === 0 ? 'env' : 'sudo', command, { stdio: 'pipe' });
}

/** Containers, images' names and what lies in the checkout. */
async function stateOf({ project, folder }: Site): Promise<string> {
  const format = '{{.ID}} {{.Names}} {{.Image}}';
  const containers = await docker(['ps', '--no-trunc', '--format', format, '--filter', `name=${project}`]);
  const images = await docker(['image', 'ls', '--no-trunc', '--format', '{{.Repository}}:{{.Tag}} {{.ID}}']);
  const own = images.stdout.split('\n').filter((line) => line.includes(project) && !line.includes('-next '));
  const backups = path.join(folder, 'backups/production');
  return [containers.stdout, ...own, ...(existsSync(backups) ? readdirSync(backups) : [])].join('\n');
}

async function expectServing(): Promise<void> {
  for (const target of ['/readyz', '/sign-in', '/api/auth/options'])
    expect((await fetch(site.url + target)).status).toBe(200);
  const me = await fetch(`${site.url}/api/auth/me`, { headers: { Authorization: `Bearer ${account.accessToken}` } });
  expect(me.status).toBe(200);
}

/** The deploy fails as expected, and leaves nothing behind but what a later one uses. */
async function expectUnchanged(
  before: string,
  deploy: Deploy,
  expected: { code: number; says: string },
): Promise<void> {
  expect(deploy, deploy.output).toMatchObject({ code: expected.code, output: asText(expected.says) });
  expect(await stateOf(site)).toBe(before);
  await expectServing();
}

describe('a deploy that cannot be', () => {
  beforeAll(async () => {
    site = await makeSite('faults', 'production');
    const first = await site.deploy('--yes');
    if (first.code !== 0) throw new Error(first.output);
    account = await useSetupLink(site, first.output);
  });
  afterAll(() => site.remove());

  it('DP-10 a second one at the same time is refused at once, and the first one goes on', async () => {
    const before = await stateOf(site);
    const first = site.start('--yes');
    await first.says('make secrets');
    const second = await site.deploy('--yes');
    expect(second).toMatchObject({ code: 75, output: asText('Another deploy is running on this server.') });
    expect(second.output).not.toContain('check environment');
    expect(await first.done).toMatchObject({ code: 0 });
    expect(await stateOf(site)).toBe(before);
  });

  it('DP-01 DP-10 a fault of the configuration is found before anything changes', async () => {
    const before = await stateOf(site);
    site.setVariable('SIGN_UP', 'perhaps');
    site.setVariable('PASSWORD_MIN_LENGTH', '4');
    const deploy = await site.deploy('--yes');
    site.setVariable('SIGN_UP', 'open');
    site.setVariable('PASSWORD_MIN_LENGTH', '15');
    expect(deploy.output).toContain('SIGN_UP must be open, invite or closed');
    expect(deploy.output).toContain('PASSWORD_MIN_LENGTH must be a whole number from 8 to 64');
    await expectUnchanged(before, deploy, { code: 78, says: 'The configuration is not valid' });
  });

  it('DP-10 another PUBLIC_URL is refused with what to do, since the proxy that runs knows no other', async () => {
    const before = await stateOf(site);
    site.setVariable('PUBLIC_URL', 'https://elsewhere.gate.test');
    const deploy = await site.deploy('--yes');
    site.setVariable('PUBLIC_URL', site.url);
    await expectUnchanged(before, deploy, { code: 78, says: 'up -d' });
  });

  it('DP-10 Ctrl-C in the middle of the roll puts everything back', async () => {
    const before = await stateOf(site);
    for (const [step, option] of [
      ['wait until ready', '--force'],
      ['check site', '--force'],
    ] as const) {
      const deploy = site.start('--yes', option);
      await deploy.says(step);
      process.kill(deploy.pid, 'SIGINT');
      const ended = await deploy.done;
      rmSync(path.join(site.folder, 'backups'), { recursive: true, force: true });
      await expectUnchanged(before, ended, { code: 130, says: 'Interrupted.' });
    }
  });

  it('RE-10 DP-10 a backup that does not fit on the disk ends the deploy before the migration', async () => {
    const before = await stateOf(site);
    prepareNextRelease(site, 'Join us');
    const backups = path.join(site.folder, 'backups/production');
    mkdirSync(backups, { recursive: true });
    asRoot('mount', '-t', 'tmpfs', '-o', 'size=8k,mode=0777', 'gatehouse-test', backups);
    const deploy = await site.deploy('--yes');
    expect(readdirSync(backups)).toEqual([]);
    asRoot('umount', backups);
    rmSync(path.join(site.folder, 'backups'), { recursive: true });
    expect(deploy.output).toContain('cannot be backed up');
    expect(deploy.output).not.toContain('Applied');
    await expectUnchanged(before, deploy, { code: 1, says: 'the version before still serves' });
  });

  it('RE-05 DP-10 a database that does not answer ends the deploy, and it can be repeated', async () => {
    const before = await stateOf(site);
    const [postgres = ''] = await site.containers('postgres');
    await docker(['pause', postgres]);
    const deploy = await site.deploy('--yes');
    await docker(['unpause', postgres]);
    expect(deploy, deploy.output).toMatchObject({ code: 1, output: asText('The version before still serves') });
    rmSync(path.join(site.folder, 'backups'), { recursive: true, force: true });
    expect(await stateOf(site)).toBe(before);
    await until('the database is healthy again', async () => {
      const { stdout } = await docker(['inspect', '--format', '{{.State.Health.Status}}', postgres]);
      return stdout.trim() === 'healthy';
    });
    expect(await site.deploy('--yes')).toMatchObject({ code: 0, output: asText('Applied 9999-canary') });
    await expectServing();
  });

  it('DP-10 staging stands beside production, and a port in use is refused before anything is made', async () => {
    const before = await stateOf(site);
    const staging = await makeSite('staging', 'staging', site.folder);
    const other = createServer().listen(staging.port, '127.0.0.1');
    const refused = await staging.deploy('--yes');
    other.close();
    expect(refused).toMatchObject({ code: 78, output: asText(`127.0.0.1:${staging.port} is in use`) });
    expect(await staging.containers('postgres')).toEqual([]);
    expect(await staging.deploy('--yes')).toMatchObject({ code: 0, output: asText('There is no administrator yet.') });
    expect((await fetch(`${staging.url}/readyz`)).status).toBe(200);
    expect(await stateOf(site)).toBe(before);
    await expectServing();
    await staging.clear();
  });
});
