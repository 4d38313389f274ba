/**
 * A whole application on a real database and a real port, built by the same composition root as the product, with a clock
 * that the test moves. Closed after the test.
 *
 *     describeEachApplication('log-in', ({ start }) => {
 *       it('…', async () => {
 *         const app = await start();
 *         await request(app.url).post('/api/auth/login').send({ … }).expect(200);
 *       });
 *     });
 */
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach } from 'vitest';
import { createApplication, createListener } from '../composition/index.ts';
import type { Application } from '../composition/index.ts';
import { parseConfig } from '../config/index.ts';
import type { Config } from '../config/index.ts';
import { createLog } from '../log.ts';
import { noLimits } from './no-limits.ts';
import { describeDatabases } from './dialects.ts';

export interface TestApplication extends Application {
  /** `http://127.0.0.1:<port>` */
  url: string;
  config: Config;
  clock: { now(): number; advance(milliseconds: number): void };
  /** Every line that was logged, parsed. */
  logLines(): Record<string, unknown>[];
  /** The log as it would stand in a file. */
  logText(): string;
  setupLink: string | undefined;
  /** Every chore once; resolves with what each has done. */
  doChores(): Promise<Record<string, number>>;
  stop(): Promise<void>;
}

/** At the lowest cost that bcrypt has: the tests count hashes, they do not need slow ones. */
const TEST_COST = 4;

export const TEST_SECRET = 'Zk3vQ8mT1xWp6LrY9sBn2HcD5jFgE7aU4iKoXzVt';

/** What an operator gets who sets nothing, but for limits: a test makes more requests than a person. */
const defaults = parseConfig({ APP_SECRET: TEST_SECRET, DATA_DIR: tmpdir(), ...noLimits }).config;

/** Those about quotas set their own. */
export const UNLIMITED: Config['quotas'] = defaults.quotas;

export function testConfig(overrides: Partial<Config> = {}): Config {
  return {
    ...defaults,
    appSecret: TEST_SECRET,
    port: 0,
    databaseUrl: '',
    databaseMigrationUrl: overrides.databaseUrl ?? '',
    databasePoolSize: 5,
    bcryptCost: TEST_COST,
    hashQueueLimit: 500,
    logLevel: 'debug',
    drainSeconds: 5,
    ...overrides,
  };
}

function createClock(): TestApplication['clock'] {
  let offset = 0;
  return {
    now: () => Date.now() + offset,
    advance: (milliseconds) => {
      offset += milliseconds;
    },
  };
}

export interface StartOptions {
  config?: Partial<Config>;
  /** To be shared by several applications on one database. */
  clock?: TestApplication['clock'];
  /** False: as a process is before its database answers. */
  prepare?: boolean;
}

/** @param databaseUrl of a migrated database */
export async function startApplication(databaseUrl: string, options: StartOptions = {}): Promise<TestApplication> {
  const clock = options.clock ?? createClock();
  const dataDir = mkdtempSync(path.join(tmpdir(), 'gatehouse-data-'));
  const config = testConfig({ databaseUrl, databaseMigrationUrl: databaseUrl, dataDir, ...options.config });
  const lines: string[] = [];
  const log = createLog({ level: config.logLevel, destination: { write: (line: string) => void lines.push(line) } });
  const application = await createApplication({
    config,
    log,
    version: '0.0.0-test',
    command: 'npm run cli --',
    hashConcurrency: 2,
    now: clock.now,
  });
  const setupLink = options.prepare === false ? undefined : (await application.prepare()).setupLink;
  const server = createListener(application.handler, log);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  let stopped = false;
  return {
    ...application,
    url: `http://127.0.0.1:${port}`,
    config,
    clock,
    setupLink,
    logLines: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    logText: () => lines.join(''),
    async doChores() {
      const done: Record<string, number> = {};
      for (const { name, run } of application.chores) done[name] = await run();
      return done;
    },
    async stop() {
      if (stopped) return;
      stopped = true;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await application.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export interface ApplicationKit {
  name: 'sqlite' | 'postgres';
  /** Without `url` on a fresh database; with it, another replica on the same one. */
  start(options?: StartOptions & { url?: string }): Promise<TestApplication>;
}

/** `describe` once for each database. */
export function describeEachApplication(title: string, tests: (kit: ApplicationKit) => void): void {
  describeDatabases(title, (database) => {
    const undo: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const act of undo.splice(0).toReversed()) await act();
    });
    tests({
      name: database.name,
      async start({ url, ...options } = {}) {
        let databaseUrl = url;
        if (databaseUrl === undefined) {
          const fresh = await database.freshUrl();
          undo.push(fresh.drop);
          databaseUrl = fresh.url;
        }
        const application = await startApplication(databaseUrl, options);
        undo.push(application.stop);
        return application;
      },
    });
  });
}
