// As written-forms.test.ts, for what stands outside the database: Redis, the channel of changes, and the operator's command.
import pg from 'pg';
import { expect, it, vi } from 'vitest';
import { shortKeyOf } from './earlier-reader.ts';
import * as written from './fixtures/written-by-0.1.0.ts';
import { call, signIn, OTHER_PASSWORD, refreshBy, refusal, setUpAdministrator, signUp, whoAmI } from './personas.ts';
import { hasRedis, startRedis } from './redis.ts';
import { describeEachApplication, TEST_SECRET, UNLIMITED } from './start-application.ts';
import { createHome } from './start-process.ts';
import { redisIsUsed, until } from './until.ts';

/** Processes start slowly where everything runs at once. */
vi.setConfig({ testTimeout: 60_000 });

const keyOf = (text: string): string => shortKeyOf(TEST_SECRET, 'quota-partition', text);

describeEachApplication('beside the database', ({ name, start }) => {
  if (hasRedis)
    it('Redis holds the counters of release 0.1.0 under the same keys', async () => {
      const redis = await startRedis();
      const window = { minute: 50 };
      const quotas = { address: window, user: window, login: window, register: window, refresh: { day: 50 } };
      const app = await start({
        config: {
          redisUrl: redis.url,
          quotas: { ...UNLIMITED, ...quotas, setup: { minute: 1 }, failures: { hour: 50 } },
          rehearsedQuotas: { register: { minute: 1 } },
        },
      });
      await redisIsUsed(app);
      const ada = await signUp(app, 'ada');
      await signUp(app, 'grace');
      await refreshBy(app, ada.refreshToken);
      await whoAmI(app, ada.accessToken);
      const wrong = { identifier: 'ada', password: OTHER_PASSWORD, transport: 'token' };
      expect(await call(app, '/api/auth/login', { body: wrong })).toMatchObject(refusal('invalid-credentials'));
      await setUpAdministrator(app);
      const refused = await call(app, '/api/setup', { body: {} });
      expect(refused).toMatchObject(refusal('quota-exceeded'));
      const expected = [
        `gatehouse:quota:address-minute:${keyOf('address 127.0.0.1')}`,
        `gatehouse:quota:login-minute:${keyOf('address 127.0.0.1')}`,
        `gatehouse:quota:register-minute:${keyOf('address 127.0.0.1')}`,
        `gatehouse:quota:rehearsed-register-minute:${keyOf('address 127.0.0.1')}`,
        `gatehouse:quota:user-minute:${keyOf(`user ${ada.user.id}`)}`,
        `gatehouse:quota:refresh-day:${keyOf(`session ${ada.refreshToken.split('.')[0]}`)}`,
        `gatehouse:quota:failures-hour:${keyOf('everyone ')}`,
        'gatehouse:limits:consumers',
        'gatehouse:limits:refusals',
        `gatehouse:limits:refusal:${String(refused.body['requestId'])}`,
        'gatehouse:limits:stopped:register-minute',
        'gatehouse:limits:stopped-sum:register-minute',
      ];
      // Nobody waits for the notes of what was refused.
      await vi.waitFor(async () => {
        const keys = (await redis.keys()).map(({ key }) => key);
        expect(keys).toEqual(expect.arrayContaining(expected));
      }, 10_000);
    });

  if (name === 'postgres')
    it('servers of release 0.1.0 are told of changes on the same channel, in the same words', async () => {
      const app = await start();
      const client = new pg.Client({ connectionString: app.config.databaseUrl });
      await client.connect();
      const topics: string[] = [];
      client.on('notification', ({ payload = '' }) => topics.push(payload));
      await client.query(`listen ${written.changes.channel}`);
      const root = await setUpAdministrator(app);
      const ada = await signUp(app, 'ada');
      await call(app, '/api/auth/logout', { body: {}, token: (await signIn(app, 'ada')).accessToken });
      const released = await call(app, '/api/limits/releases', { body: { user: 'ada' }, token: root.accessToken });
      await app.signingKeys.rotate({ type: 'system' });
      await app.userAdministration.disable('ada', { type: 'system' });
      const user = `user:${ada.user.id}`;
      await until(() => topics.includes(user));
      await client.end();
      const named = topics.map((topic) =>
        topic
          .replace(ada.user.id, '<id>')
          .replace(/^session:[\w-]{36}$/, 'session:<id>')
          .replace(String(released.body['key']), '<key>')
          .replace(/^(limits:<key>):[\w-]+$/, '$1:<name>'),
      );
      expect([...new Set(named)].toSorted()).toEqual(written.changes.topics);
    });
});

it('every command of release 0.1.0 is there, with its arguments and options', async () => {
  const home = await createHome();
  const help = async (...names: string[]): Promise<string> => (await home.cli(...names, '--help')).stdout;
  const listed = (text: string, group: string[]): string[] =>
    [...text.matchAll(/^ {2}([a-z]\S*(?: (?:<[\w-]+>|\[[\w.-]+\]))*)(?: {2}|$)/gm)].map(([, usage]) =>
      [...group, usage].join(' '),
    );
  const groups = [...new Set(written.command.map((usage) => usage.split(' ')[0] ?? ''))];
  const found = listed(await help(), []);
  for (const group of groups.filter((name) => written.command.some((usage) => usage.startsWith(`${name} `))))
    found.push(...listed(await help(group), [group]));
  const options = await help('limits', 'release');
  for (const [option] of options.matchAll(/--[a-z-]+/g)) found.push(`limits release ${option}`);
  expect(found).toEqual(expect.arrayContaining(written.command));
});

it('every variable of release 0.1.0 is there, each secret also as the name of a file', async () => {
  const home = await createHome();
  const { stdout } = await home.cli('config', 'table');
  const names = stdout.split('\n').flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)]);
  expect(names.map(([, name]) => name)).toEqual(expect.arrayContaining(written.variables));
});
