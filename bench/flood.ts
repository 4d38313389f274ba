// Ten times as many sign-ins as the machine can hash (RE-07), and what everybody else notices of it (RE-08).
import { arrive, closeConnections, percentile99, send } from './arrivals.ts';
import { PASSWORD, signUp } from './client.ts';
import { rawBcryptRate, startGatehouse } from './processes.ts';
import type { RunningServer } from './processes.ts';

/** The lowest cost there is: more sign-ins a second, so more of everything else that a sign-in costs. */
const FLOOD_COST = 10;

/** Each may have five sign-ins in flight before its own throttle speaks. */
const ACCOUNTS = 60;

/** Of everybody else, a second. */
const OTHERS = 20;

export interface FloodResult {
  /** Sign-ins a second that were answered 200, and raw hashes a second at the same cost. */
  goodput: number;
  raw: number;
  offered: number;
  /** Milliseconds. */
  acceptedP99: number;
  refusedP99: number;
  livezP99: number;
  meP99: number;
  statuses: Record<string, number>;
  refusedWithoutRetryAfter: number;
  othersFailed: number;
  grownMiB: number;
}

async function flood(server: RunningServer, raw: number, seconds: number): Promise<FloodResult> {
  const names = Array.from({ length: ACCOUNTS }, (_, index) => `flood-${index}`);
  let accessToken = '';
  for (const name of names) ({ accessToken } = await signUp(server.url, name));
  const bodies = names.map((identifier) => JSON.stringify({ identifier, password: PASSWORD, transport: 'token' }));
  const before = server.residentMiB() ?? NaN;
  const offered = raw * 10;
  const json = { 'Content-Type': 'application/json' };
  const [logIns, livez, me] = await Promise.all([
    arrive(offered, seconds, (index, dueAt) =>
      send(`${server.url}/api/auth/login`, dueAt, bodies[index % ACCOUNTS], json),
    ),
    arrive(OTHERS, seconds, (_, dueAt) => send(`${server.url}/livez`, dueAt)),
    arrive(OTHERS, seconds, (_, dueAt) =>
      send(`${server.url}/api/auth/me`, dueAt, undefined, { Authorization: `Bearer ${accessToken}` }),
    ),
  ]);
  const accepted = logIns.filter(({ status }) => status === 200);
  const refused = logIns.filter(({ status }) => status !== 200);
  return {
    goodput: accepted.length / seconds,
    raw,
    offered,
    acceptedP99: percentile99(accepted),
    refusedP99: percentile99(refused),
    livezP99: percentile99(livez),
    meP99: percentile99(me),
    statuses: Object.fromEntries(
      [...Map.groupBy(logIns, ({ status }) => status)].map(([status, of]) => [status, of.length]),
    ),
    refusedWithoutRetryAfter: refused.filter(({ hasRetryAfter }) => !hasRetryAfter).length,
    othersFailed: [...livez, ...me].filter(({ status }) => status !== 200).length,
    grownMiB: (server.residentMiB() ?? NaN) - before,
  };
}

export async function benchFlood(parallel: number, seconds: number): Promise<FloodResult> {
  const server = await startGatehouse({ BCRYPT_COST: String(FLOOD_COST) });
  try {
    return await flood(server, await rawBcryptRate(parallel, Math.min(seconds, 5), FLOOD_COST), seconds);
  } finally {
    closeConnections();
    await server.stop();
  }
}
