import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { call } from '../testing/personas.ts';
import { hasRedis, startRedis } from '../testing/redis.ts';
import { createHome } from '../testing/start-process.ts';
import type { Finished, Home } from '../testing/start-process.ts';

/** Processes start slowly where everything runs at once. */
vi.setConfig({ testTimeout: 60_000 });

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** All that was printed, line by line; nothing else was. */
function expectLines(finished: Finished, code: number, lines: readonly string[]): void {
  expect(finished.stdout.trimEnd().split('\n')).toEqual(lines);
  expect(finished).toMatchObject({ code, signal: null, stderr: '' });
}

const valid = (home: Home) =>
  `ok       configuration: valid, local mode, ${home.url.replace('127.0.0.1', 'localhost')}`;
const sqlite = (home: Home) => `SQLite (${home.dataDir}/gatehouse.sqlite)`;
const sound = (home: Home) => `ok       database: ${sqlite(home)} answers and has every migration`;
const absent = (home: Home) => `note     server: no server answers at ${home.url}`;
const running = (home: Home) => [
  `ok       server: ${home.url} is ready ${version}`,
  'ok       server, process: ok',
  'ok       server, database (sqlite): ok',
  'ok       server, migrations: ok',
];

async function startServer(env: Record<string, string> = {}): Promise<Home> {
  const home = await createHome(env);
  await home.start().ready();
  return home;
}

describe('cli doctor', () => {
  it('says that all is well, of the running server too', async () => {
    const home = await startServer();
    expectLines(await home.cli('doctor'), 0, [
      valid(home),
      sound(home),
      ...running(home),
      'ok       server, proxy: ok',
    ]);
  });

  it('a server that does not run is no fault; a database without its tables is one', async () => {
    const home = await createHome();
    const { code, stdout } = await home.cli('doctor');
    expect(code).toBe(1);
    expect(stdout).toContain(`\nfailed   database: ${sqlite(home)} lacks 0001-first-tables`);
    expect(stdout).toContain(': start the server or run "npm run cli -- migrate"\n');
    expect(stdout).toContain(absent(home));
    await home.cli('migrate');
    expectLines(await home.cli('doctor'), 0, [valid(home), sound(home), absent(home)]);
  });

  it('RL-04 shows each finding of the running server with every line that mends it, and does not fail', async () => {
    const home = await startServer({ TRUSTED_PROXIES: 'none' });
    await call({ url: home.url }, '/api/auth/options', { headers: { 'X-Real-IP': '203.0.113.9' } });
    const { code, stdout } = await home.cli('doctor');
    expect(code).toBe(0);
    expect(stdout.split('\n')).toEqual(
      expect.arrayContaining([
        'warning  server, proxy: 1 of 1 requests came from 127.0.0.1 with X-Real-IP, which is never read, and without X-Forwarded-For: if a proxy is there, everybody behind it counts as one client.',
        '         gatehouse  TRUSTED_PROXIES=127.0.0.1',
        '         compose    TRUSTED_PROXIES: "127.0.0.1"',
        '         nginx      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
        `         caddy      reverse_proxy ${home.url.replace('http://', '')}`,
      ]),
    );
    expect(stdout).not.toContain('none');
  });

  it('finds the server where HOST says that it listens, as in a container', async () => {
    const home = await startServer({ HOST: '0.0.0.0' });
    expect(await home.cli('doctor')).toMatchObject({ code: 0, stdout: expect.stringContaining('is ready') as unknown });
    const other = await startServer({ HOST: '127.0.0.2' });
    const { code, stdout } = await other.cli('doctor');
    expect(code).toBe(0);
    expect(stdout).toContain(`${other.url.replace('127.0.0.1', '127.0.0.2')} is ready ${version}\n`);
    expect(stdout).toContain('ok       server, proxy: ok\n');
  });

  it('another program on the port is a fault, and nothing that it says is believed', async () => {
    const home = await createHome();
    await home.cli('migrate');
    const other = createServer((_request, response) => response.end('{"status":"fine"}'));
    await new Promise<void>((resolve) => other.listen(Number(new URL(home.url).port), '127.0.0.1', resolve));
    onTestFinished(() => void other.close());
    expectLines(await home.cli('doctor'), 1, [
      valid(home),
      sound(home),
      `failed   server: what answers at ${home.url} is not Gatehouse`,
    ]);
  });

  it('DP-01 says all that is wrong with the configuration, and looks no further', async () => {
    const home = await createHome({ PUBLIC_URL: 'https://auth.example.org', APP_SECRET: 'changeme' });
    const { code, stdout, stderr } = await home.cli('doctor');
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toMatch(/^failed {3}configuration: The configuration has 2 faults:\n {2}- APP_SECRET is/);
    expect(stdout).not.toContain('database');
    const misspelt = await (await createHome()).cliWith({ SIGNUPS: 'open' }, 'doctor');
    expect(misspelt.stdout).toContain(
      'note     configuration: SIGNUPS is not a variable of Gatehouse; did you mean SIGN_UP?\n',
    );
  });

  it('one that is away hides none of the others, and no password is printed', async () => {
    const home = await createHome({
      DATABASE_URL: 'postgres://gate:hunter2@127.0.0.1:1/app',
      REDIS_URL: 'redis://:hunter2@127.0.0.1:1',
    });
    const { code, stdout, stderr } = await home.cli('doctor');
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toMatch(/^failed {3}database: PostgreSQL \(127\.0\.0\.1:1\/app\) does not answer: .*DATABASE_URL/m);
    expect(stdout).toMatch(/^failed {3}redis: 127\.0\.0\.1:1 does not answer: .*ECONNREFUSED/m);
    expect(stdout).toContain(absent(home));
    expect(stdout).not.toContain('hunter2');
  });

  it.runIf(hasRedis)('RE-04 Redis answers, or is frozen', async () => {
    const redis = await startRedis();
    const home = await createHome({ REDIS_URL: redis.url });
    await home.cli('migrate');
    const { host } = new URL(redis.url);
    expectLines(await home.cli('doctor'), 0, [
      valid(home),
      sound(home),
      `ok       redis: ${host} answers`,
      absent(home),
    ]);
    redis.freeze();
    const frozen = await home.cli('doctor');
    redis.thaw();
    expect(frozen).toMatchObject({
      code: 1,
      stdout: expect.stringContaining(`failed   redis: ${host} does`) as unknown,
    });
  });
});
