import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import path from 'node:path';
import pg from 'pg';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { proxyBefore } from '../testing/tcp-proxy.ts';
import { describeEachDatabase } from '../testing/dialects.ts';
import { createHome } from '../testing/start-process.ts';
import type { Finished } from '../testing/start-process.ts';

/** Processes start slowly where everything runs at once; a frozen server is waited for. */
vi.setConfig({ testTimeout: 60_000 });

/** One line, and nothing else: which database, why, and what to do. */
function expectRefusal(finished: Finished, message: string): void {
  expect(finished).toEqual({ code: 1, signal: null, stdout: '', stderr: `gatehouse: ${message}\n` });
}

const replaced = (url: string, parts: Partial<URL>): string => Object.assign(new URL(url), parts).href;

describe('the command before a database that cannot be reached', () => {
  it('RE-24 DP-01 is told which one, why and what to do; never the password', async () => {
    const home = await createHome();
    const refused = { DATABASE_URL: 'postgres://gate:hunter2@127.0.0.1:1/app' };
    const reason = 'PostgreSQL (127.0.0.1:1/app) does not answer: connect ECONNREFUSED 127.0.0.1:1.';
    const advice = 'Check that it runs, and that DATABASE_URL names it.';
    for (const args of [
      ['keys', 'list'],
      ['keys', 'rotate'],
      ['users', 'disable', 'ada'],
      ['admin', 'setup'],
    ])
      expectRefusal(await home.cliWith(refused, ...args), `${reason} ${advice}`);
    const unknown = await home.cliWith({ DATABASE_URL: 'postgres://gate:hunter2@db.invalid/app' }, 'admin', 'recover');
    expect(unknown).toMatchObject({ code: 1, stdout: '' });
    expect(unknown.stderr).toMatch(
      /^gatehouse: PostgreSQL \(db\.invalid\/app\) does not answer: getaddrinfo \w+ db\.invalid\. Correct the host in DATABASE_URL, .*\n$/,
    );
  });

  it('RE-24 a file that is no database is said to be none', async () => {
    const home = await createHome();
    const notes = path.join(home.folder, 'notes.txt');
    writeFileSync(notes, 'no database, but long enough to be read as the head of one\n'.repeat(20));
    for (const args of [['migrate'], ['keys', 'list']])
      expectRefusal(
        await home.cliWith({ DATABASE_URL: `file:${notes}` }, ...args),
        `SQLite (${notes}) cannot be used: file is not a database.`,
      );
  });
});

/** Breaks the first connections, as a server does that is starting up; what comes later goes through. */
async function flakyBefore(target: string, broken: number): Promise<string> {
  const { hostname, port } = new URL(target);
  const sockets: Socket[] = [];
  let left = broken;
  const server = createServer((near) => {
    sockets.push(near.on('error', () => undefined));
    left -= 1;
    if (left >= 0) return void near.destroy();
    const far = connect(Number(port), hostname).on('error', () => undefined);
    sockets.push(far);
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return replaced(target, { host: `127.0.0.1:${(server.address() as AddressInfo).port}` });
}

describeEachDatabase(
  'the command before a PostgreSQL',
  ({ freshUrl }) => {
    it('RE-24 with another password, or without the database, says whose and which', async () => {
      const { url } = await freshUrl();
      const { host } = new URL(url);
      const home = await createHome();
      const wrong = replaced(url, { password: 'hunter2' });
      const { pathname } = new URL(url);
      const message = (variable: string): string =>
        `PostgreSQL (${host}${pathname}) cannot be used: password authentication failed for user "postgres". Correct the user name or the password in ${variable}.`;
      expectRefusal(await home.cliWith({ DATABASE_URL: wrong }, 'keys', 'list'), message('DATABASE_URL'));
      expectRefusal(await home.cliWith({ DATABASE_URL: wrong }, 'migrate'), message('DATABASE_URL'));
      expectRefusal(
        await home.cliWith({ DATABASE_URL: url, DATABASE_MIGRATION_URL: wrong }, 'migrate'),
        message('DATABASE_MIGRATION_URL'),
      );
      const nowhere = replaced(url, { pathname: '/nowhere' });
      expectRefusal(
        await home.cliWith({ DATABASE_URL: nowhere }, 'migrate'),
        `PostgreSQL (${host}/nowhere) cannot be used: database "nowhere" does not exist. Create that database, or correct its name in DATABASE_URL.`,
      );
    });

    it('RE-24 under a role that may not change tables names the variable that is missing', async () => {
      const { url } = await freshUrl({ empty: true });
      const role = `weak_${randomUUID().replaceAll('-', '')}`;
      const maintenance = new pg.Client({ connectionString: replaced(url, { pathname: '/postgres' }) });
      await maintenance.connect();
      onTestFinished(async () => {
        await maintenance.query(`drop role if exists ${role}`);
        await maintenance.end();
      });
      await maintenance.query(`create role ${role} login password 'own'`);
      const own = replaced(url, { username: role, password: 'own' });
      const { host, pathname } = new URL(url);
      expectRefusal(
        await (await createHome()).cliWith({ DATABASE_URL: own }, 'migrate'),
        `PostgreSQL (${host}${pathname}) cannot be used: permission denied for schema public. Migrate under the role that owns the tables (DATABASE_MIGRATION_URL): it gives this one its rights.`,
      );
    });

    it('RE-24 migrate waits a little for one that is starting; the others say at once that it is not there', async () => {
      const { url } = await freshUrl({ empty: true });
      const home = await createHome({ DATABASE_URL: await flakyBefore(url, 5) });
      expect(await home.cli('keys', 'list')).toMatchObject({ code: 1, stdout: '' });
      expect(await home.cli('migrate')).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^Applied 0001-/) as unknown,
        stderr: '',
      });
    });

    it('RE-05 gives up one that freezes in the middle of a migration', async () => {
      const { url } = await freshUrl({ empty: true });
      const proxy = await proxyBefore(url);
      const other = new pg.Client({ connectionString: url });
      other.on('error', () => undefined); // dropped with the database
      await other.connect();
      onTestFinished(() => other.end());
      await other.query(`select pg_advisory_lock(hashtextextended('gatehouse-migrations', 0))`);
      const migrating = (await createHome({ DATABASE_URL: proxy.url })).cli('migrate');
      await vi.waitFor(
        async () => {
          const { rowCount } = await other.query(
            `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
          );
          expect(rowCount).toBe(1);
        },
        { timeout: 15_000 },
      );
      proxy.freeze();
      expect(await migrating).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringMatching(/^gatehouse: PostgreSQL \(.*\) does not answer: .*\n$/) as unknown,
      });
    });

    it('RE-24 RE-05 gives up one that is frozen, whichever command it is', async () => {
      const proxy = await proxyBefore((await freshUrl()).url);
      proxy.freeze();
      const home = await createHome({ DATABASE_URL: proxy.url });
      const finished = await Promise.all([home.cli('migrate'), home.cli('keys', 'list'), home.cli('admin', 'setup')]);
      const { host, pathname } = new URL(proxy.url);
      for (const { code, stdout, stderr } of finished) {
        expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
        expect(stderr).toMatch(/^gatehouse: [^\n]*\n$/);
        expect(stderr).toContain(`PostgreSQL (${host}${pathname}) does not answer: `);
      }
    });
  },
  'postgres',
);
