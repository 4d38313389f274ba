// npm run bench: what the product costs, as ratios of things measured side by side in one run.
import { mkdtempSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { startPostgres } from '../src/testing/postgres.ts';
import { logIn, post, signUp } from './client.ts';
import { benchFlood } from './flood.ts';
import { actsPerSecond, median, paired, percentile, requestsPerSecond } from './measure.ts';
import { COST, rawBcryptRate, startGatehouse, startHello, THREADS } from './processes.ts';
import type { RunningServer } from './processes.ts';
import { startQuotaBench } from './quotas.ts';
import { benchRedisOutage } from './redis-outage.ts';

/** `npm run bench -- me log-ins` runs only these; `--quick` measures shorter. */
const only = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const wanted = (name: string): boolean => only.length === 0 || only.includes(name);

const quick = process.argv.includes('--quick');
const ROUNDS = quick ? 3 : 7;
const SECONDS = quick ? 2 : 4;

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const row = (name: string, value: string, aim = ''): void => say(`${name.padEnd(52)} ${value.padStart(12)}  ${aim}`);
const fixed = (value: number, digits = 2): string => value.toFixed(digits);

/** `GET /api/auth/me` with a bearer token against a bare Express "hello". */
async function benchMe(gatehouse: RunningServer, hello: RunningServer): Promise<void> {
  const { accessToken } = await signUp(gatehouse.url, 'bench-me');
  const headers = { authorization: `Bearer ${accessToken}` };
  const me = (): Promise<number> => requestsPerSecond(`${gatehouse.url}/api/auth/me`, SECONDS, headers);
  const bare = (): Promise<number> => requestsPerSecond(`${hello.url}/`, SECONDS);
  await me();
  await bare();
  const rounds = await paired(ROUNDS, me, bare);
  row('GET /api/auth/me ÷ bare Express hello', fixed(rounds.ratio), 'aim: at least 0.50');
  row('  requests a second: ours, hello', `${fixed(rounds.first, 0)}, ${fixed(rounds.second, 0)}`);
  row('  ratios of the rounds', rounds.ratios.map((ratio) => fixed(ratio)).join(' '));
}

/** The same server with its quotas, in the process and in Redis, against itself without them. */
async function benchQuotas(): Promise<void> {
  const bench = await startQuotaBench(SECONDS);
  const own = await paired(ROUNDS, bench.inProcess, bench.none);
  row('GET /api/auth/me: quotas in the process ÷ none', fixed(own.ratio), 'aim: at least 0.75');
  const shared = await paired(ROUNDS, bench.inRedis, bench.none);
  row('GET /api/auth/me: quotas in Redis ÷ none', fixed(shared.ratio), 'aim: at least 0.55');
  row(
    '  requests a second: none, in process, in Redis',
    [own.second, own.first, shared.first].map((rate) => fixed(rate, 0)).join(', '),
  );
  row('  reads of Redis for one request', fixed(await bench.readsPerRequest()), 'aim: 1');
  await bench.stop();
}

/** Latencies of /livez, one request at a time, until told to stop. */
async function watchLiveness(url: string, stop: AbortSignal): Promise<number[]> {
  const latencies: number[] = [];
  while (!stop.aborted) {
    const startedAt = performance.now();
    await (await fetch(`${url}/livez`)).arrayBuffer();
    latencies.push(performance.now() - startedAt);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return latencies;
}

/** Log-ins a second against the raw parallel rate of bcrypt on this machine, and /livez meanwhile. */
async function benchLogIns(gatehouse: RunningServer): Promise<void> {
  const parallel = Math.min(availableParallelism(), THREADS - 2);
  // An account each: of one account, more than five attempts under way are refused.
  const names = Array.from({ length: parallel + 2 }, (_, index) => `bench-login-${index}`);
  for (const name of names) await signUp(gatehouse.url, name);
  const latencies: number[] = [];
  const logIns = async (): Promise<number> => {
    const stop = new AbortController();
    const watching = watchLiveness(gatehouse.url, stop.signal);
    const lanes = names.map((name) => async () => void (await logIn(gatehouse.url, name)));
    const rate = await actsPerSecond(SECONDS, lanes);
    stop.abort();
    latencies.push(...(await watching));
    return rate;
  };
  const rounds = await paired(ROUNDS, logIns, () => rawBcryptRate(parallel, SECONDS));
  row(`log-ins ÷ raw parallel bcrypt at cost ${COST}`, fixed(rounds.ratio), 'aim: at least 0.85');
  row('  a second: log-ins, raw hashes', `${fixed(rounds.first)}, ${fixed(rounds.second)}`);
  row(
    '  /livez meanwhile: p50, p99 in ms',
    `${fixed(percentile(latencies, 0.5), 1)}, ${fixed(percentile(latencies, 0.99), 1)}`,
    'aim: p99 under 100',
  );
}

/** Ten times as many sign-ins as can be hashed. */
async function showFlood(): Promise<void> {
  const parallel = Math.min(availableParallelism(), THREADS - 2);
  const result = await benchFlood(parallel, quick ? 10 : 60);
  const { goodput, raw, offered, acceptedP99, refusedP99, livezP99, meP99, grownMiB } = result;
  row('sign-ins in a flood of 10 × capacity ÷ raw bcrypt', fixed(goodput / raw), 'aim: at least 0.80');
  row('  a second: offered, served, raw hashes', [offered, goodput, raw].map((rate) => fixed(rate, 1)).join(', '));
  row(
    '  p99 of those served, of those refused in ms',
    `${fixed(acceptedP99, 0)}, ${fixed(refusedP99, 0)}`,
    'aim: 2000, 50',
  );
  row('  p99 meanwhile of /livez, /api/auth/me in ms', `${fixed(livezP99, 0)}, ${fixed(meP99, 0)}`, 'aim: 100, 150');
  row('  answers by status', JSON.stringify(result.statuses));
  row(
    '  refused without Retry-After; others that failed',
    `${result.refusedWithoutRetryAfter}; ${result.othersFailed}`,
    'aim: 0; 0',
  );
  row('  memory grown by in MiB', fixed(grownMiB, 0), 'aim: under 150');
}

async function showRedisOutage(): Promise<void> {
  row(
    'GET /api/auth/options, 100 a second, while',
    '1st s max, then p50, p99',
    'aim: once + 100 ms, then + 5; none fails',
  );
  for (const { name, first, p50, p99, requests, failed } of await benchRedisOutage(quick ? 3 : 10))
    row(`  ${name}`, [first, p50, p99].map((ms) => fixed(ms, 1)).join(', '), `${failed} of ${requests} failed`);
}

async function refreshRate(server: RunningServer): Promise<number> {
  const owner = await signUp(server.url, `refresh-${Date.now().toString(36)}`);
  const sessions = [owner];
  while (sessions.length < 8) sessions.push(await logIn(server.url, owner.user.username));
  const lanes = sessions.map(({ refreshToken: first = '' }) => {
    let refreshToken = first;
    return async () => {
      ({ refreshToken = '' } = await post(`${server.url}/api/auth/refresh`, { refreshToken }));
    };
  });
  return await actsPerSecond(SECONDS, lanes);
}

async function benchRefreshes(sqlite: RunningServer, postgresUrl: string): Promise<void> {
  const postgres = await startGatehouse({ DATABASE_URL: postgresUrl });
  const rounds = await paired(
    Math.min(ROUNDS, 3),
    () => refreshRate(sqlite),
    () => refreshRate(postgres),
  );
  row('refreshes a second: SQLite', fixed(rounds.first, 0));
  row('refreshes a second: PostgreSQL', fixed(rounds.second, 0));
  row('  SQLite ÷ PostgreSQL', fixed(rounds.ratio));
  await postgres.stop();
}

/** From the spawn to the first 200 of /readyz, and of hello's only answer; resident memory then, before any request. */
async function benchStart(): Promise<void> {
  const memory: number[] = [];
  const ready = async (start: () => Promise<RunningServer>, into?: number[]): Promise<number> => {
    const server = await start();
    const resident = server.residentMiB();
    if (resident !== undefined) into?.push(resident);
    await server.stop();
    return server.readyMs;
  };
  const rounds = await paired(
    ROUNDS,
    () => ready(startGatehouse, memory),
    () => ready(startHello),
  );
  row('time to ready, empty folder: ours, hello in ms', `${fixed(rounds.first, 0)}, ${fixed(rounds.second, 0)}`);
  row('  ours ÷ hello', fixed(rounds.ratio));
  row('idle memory in MiB', fixed(median(memory), 0));
}

const [gatehouse, hello, postgres] = await Promise.all([
  startGatehouse(),
  startHello(),
  startPostgres(mkdtempSync(path.join(tmpdir(), 'gatehouse-bench-'))),
]);
say(
  `Gatehouse bench: ${availableParallelism()} cores, Node ${process.versions.node}, ${ROUNDS} rounds of ${SECONDS} s\n`,
);
try {
  if (wanted('me')) await benchMe(gatehouse, hello);
  if (wanted('quotas')) await benchQuotas();
  if (wanted('log-ins')) await benchLogIns(gatehouse);
  if (wanted('flood')) await showFlood();
  if (wanted('redis-outage')) await showRedisOutage();
  if (wanted('refreshes')) await benchRefreshes(gatehouse, postgres.url);
  if (wanted('start')) await benchStart();
} finally {
  await Promise.all([gatehouse.stop(), hello.stop()]);
  await postgres.stop();
}
