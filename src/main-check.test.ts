import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it, vi } from 'vitest';
import { describeSetupLink } from './composition/index.ts';
import { migrations } from './database/migrations/index.ts';
import { describeEachDatabase } from './testing/dialects.ts';
import { call } from './testing/personas.ts';
import { TEST_SECRET } from './testing/start-application.ts';
import { createHome, signIn, setUp } from './testing/start-process.ts';
import type { RunningProcess } from './testing/start-process.ts';

/** Processes start slowly where everything runs at once. */
vi.setConfig({ testTimeout: 60_000 });

const linkIn = (text: string): string | undefined => /http\S+\/setup#secret=\S+/.exec(text)?.[0];

describeEachDatabase('servers that leave the database to "cli migrate"', ({ freshUrl }) => {
  /** Each as on a machine of its own, but for the database. */
  async function createHomes() {
    const env = { DATABASE_URL: (await freshUrl({ empty: true })).url, APP_SECRET: TEST_SECRET, MIGRATE: 'check' };
    return { first: await createHome(env), second: await createHome(env) };
  }

  it('PW-16 make no link, however many start at once: the one that "cli migrate" prints is good at all of them', async () => {
    const { first, second } = await createHomes();
    const servers = [first.start(), second.start()] as const;
    await Promise.all(servers.map((server) => server.printed('"not ready yet"')));
    const { code, stdout, stderr } = await first.cli('migrate');
    const link = linkIn(stdout);
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: `Applied ${migrations.map(({ name }) => name).join(', ')}.\n${describeSetupLink(link ?? '', '"npm run cli -- admin setup"')}\n`,
      stderr: '',
    });
    await Promise.all(servers.map((server) => server.ready()));
    for (const server of servers) {
      expect(server.setupLink()).toBeUndefined();
      expect(server.stderr).toContain(
        'gatehouse: there is no administrator yet. "npm run cli -- admin setup" prints a link to make the first one.\n',
      );
    }
    const root = await setUp(servers[1], link);
    expect(root).toMatchObject({ status: 201, body: { user: { roles: ['admin'] } } });
    expect((await signIn(servers[0], 'root')).status).toBe(200);
    expect((await setUp(servers[0], link, 'second')).status).toBe(403);

    expect(await first.cli('migrate')).toEqual({
      code: 0,
      signal: null,
      stdout: 'The database is up to date.\n',
      stderr: '',
    });
    servers[0].kill('SIGTERM');
    await servers[0].ended;
    const restarted = first.start();
    await restarted.ready();
    expect(restarted.stderr).not.toContain('administrator');
  });

  it('PW-16 another "cli migrate" leaves a link alone that can still be used, and makes none where an administrator is configured', async () => {
    const { first, second } = await createHomes();
    const voided = linkIn((await first.cli('migrate')).stdout);
    expect(await second.cli('migrate')).toMatchObject({
      code: 0,
      stdout:
        'The database is up to date.\nThere is no administrator yet, and an earlier set-up link is still valid. To replace it: "npm run cli -- admin setup".\n',
      stderr: '',
    });
    const link = linkIn((await second.cli('admin', 'setup')).stdout);
    const server = first.start();
    await server.ready();
    expect(await setUp(server, voided)).toMatchObject({
      status: 403,
      body: { type: 'urn:gatehouse:problem:invalid-setup-secret' },
    });
    writeFileSync(path.join(first.folder, 'password'), 'velvet harbour 42 lantern\n', { mode: 0o600 });
    const captain = {
      ADMIN_EMAIL: 'root@example.org',
      ADMIN_USERNAME: 'captain',
      ADMIN_PASSWORD_FILE: path.join(first.folder, 'password'),
    };
    expect(await first.cliWith(captain, 'migrate')).toMatchObject({ code: 0, stdout: 'The database is up to date.\n' });
    const configured = second.start(captain);
    await configured.ready();
    expect(await signIn(configured, 'captain')).toMatchObject({ status: 200, body: { user: { roles: ['admin'] } } });
    expect(configured.stderr).not.toContain('no administrator');
    expect((await setUp(server, link)).status).toBe(403);
  });

  it('PW-16 what people are told to run is the command of where it runs', async () => {
    const command = 'docker compose exec backend gatehouse';
    const { first } = await createHomes();
    const inContainer = { GATEHOUSE_CLI: command };
    const lacking = await first.cliWith(inContainer, 'admin', 'setup');
    expect(lacking.stderr).toMatch(/start the server or run "docker compose exec backend gatehouse migrate"\.\n$/);
    const migrated = await first.cliWith(inContainer, 'migrate');
    expect(migrated).toMatchObject({ code: 0, stderr: '' });
    expect(migrated.stdout).toContain(`for 30 minutes. "${command} admin setup" makes a new one.`);
    const server: RunningProcess = first.start(inContainer);
    await server.ready();
    expect(server.stderr).toContain(`"${command} admin setup" prints a link`);
    const refused = await setUp(server, 'x#secret=abc');
    expect(refused.body['detail']).toContain(`Run "${command} admin setup" for a new one.`);
    expect((await call(server, '/readyz')).status).toBe(200);
    const unknown = await first.cliWith(
      { ...inContainer, APP_SECRET: [...TEST_SECRET].toReversed().join('') },
      'keys',
      'rotate',
    );
    expect(unknown).toMatchObject({ code: 1, stdout: '' });
    expect(unknown.stderr).toContain(`run "${command} keys reset"`);
    for (const text of [lacking, migrated, server, unknown].map(({ stdout, stderr }) => stdout + stderr))
      expect(text).not.toContain('npm run cli');
  });
});
