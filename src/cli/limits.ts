// limits …: what the running server counts, who is near or over it, and who may go on.
import { isIP } from 'node:net';
import type { Command } from 'commander';
import * as contract from '#contract/limits.ts';
import { configuration, print } from './run.ts';
import { callServer } from './server.ts';
import type { AnswerTo, Target } from './server.ts';

const target = (): Target => ({ config: configuration(), now: Date.now() });

type Consumer = AnswerTo<typeof contract.listLimitConsumers>['consumers'][number];
type Account = AnswerTo<typeof contract.listBlocked>['accounts'][number];
type Refusal = AnswerTo<typeof contract.explainRefusal>;

/** Columns as wide as what is in them. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const time = (instant: string | null): string => (instant === null ? '–' : instant.replace('T', ' ').slice(0, 19));

const consumerRows = (consumers: readonly (Omit<Consumer, 'isBlocked'> & { isBlocked?: boolean })[]): string =>
  table([
    ['QUOTA', 'WHO', 'USED', 'OF', 'ENDS (UTC)', 'KEY', ''],
    ...consumers.map(({ quota, label, used, limit, resetsAt, key, isBlocked = false }) => [
      quota,
      label,
      String(used),
      String(limit),
      time(resetsAt),
      key,
      isBlocked ? 'blocked' : '',
    ]),
  ]);

const accountRows = (accounts: readonly Account[]): string =>
  table([
    ['ACCOUNT', 'LANE', 'FAILED', 'IN A ROW', 'UNTIL (UTC)', 'KEY'],
    ...accounts.map(({ userId, lane, failures, failuresInRow, blockedUntil, key }) => [
      userId ?? 'no such account',
      lane,
      String(failures),
      String(failuresInRow),
      blockedUntil === null ? 'released' : time(blockedUntil),
      key,
    ]),
  ]);

function explain({
  refusedAt,
  method,
  route,
  violatedPolicies,
  retryAfterSeconds,
  counters,
  proxyChain,
}: Refusal): string {
  const { peer, isPeerTrusted, hops, client, ignored } = proxyChain;
  const path = hops.map(({ address, isTrusted }) => `${address}${isTrusted ? ' (trusted)' : ''}`);
  return [
    `${method} ${route}, refused ${time(refusedAt)} UTC for ${retryAfterSeconds} s by ${violatedPolicies.join(', ') || 'wrong passwords'}.`,
    '',
    consumerRows(counters),
    '',
    `Connection from ${peer}${isPeerTrusted ? ' (trusted)' : ''}; X-Forwarded-For from the right: ${path.join(', ') || 'not believed or not sent'}; counted as ${client}.`,
    ...(ignored.length > 0 ? [`Not believed, since anybody can write it: ${ignored.join(', ')}.`] : []),
  ].join('\n');
}

/** An address, a key of a list, or somebody's name. */
const whichOf = (who: string, isKey: boolean): { address: string } | { key: string } | { user: string } => {
  if (isKey) return { key: who };
  return isIP(who) === 0 ? { user: who } : { address: who };
};

function addReading(limits: Command): void {
  limits
    .command('list')
    .description('the quotas in force, and those that are rehearsed')
    .action(async () => {
      const { counting, quotas } = await callServer(target(), contract.getLimits);
      const text = (limit: number | null): string => (limit === null ? 'off' : String(limit));
      print(
        table([
          ['QUOTA', 'COUNTS BY', 'LIMIT', 'REHEARSED'],
          ...quotas.map(({ quota, partition, limit, rehearsedLimit }) => [
            quota,
            partition,
            text(limit),
            rehearsedLimit === null ? '–' : text(rehearsedLimit),
          ]),
        ]),
      );
      const shared = counting.isDegraded ? 'Redis does not answer: each server counts by itself.' : 'Counted in Redis.';
      print(`\n${counting.where === 'redis' ? shared : 'Counted in the process.'}`);
    });
  limits
    .command('top')
    .description('who has used most of a quota')
    .action(async () => {
      const { consumers } = await callServer(target(), contract.listLimitConsumers);
      print(consumers.length === 0 ? 'Nobody has used a tenth of a quota.' : consumerRows(consumers));
    });
  limits
    .command('show <who>')
    .description('where an address or a user stands in every quota')
    .action(async (who: string) => {
      const { quotas } = await callServer(target(), contract.getLimitStanding, { query: whichOf(who, false) });
      print(consumerRows(quotas));
    });
}

function addRefusals(limits: Command): void {
  limits
    .command('blocked')
    .description('who is refused now')
    .action(async () => {
      const found = await callServer(target(), contract.listBlocked);
      const tables = [
        ...(found.consumers.length > 0 ? [consumerRows(found.consumers)] : []),
        ...(found.accounts.length > 0 ? [accountRows(found.accounts)] : []),
      ];
      print(tables.length === 0 ? 'Nobody is blocked.' : tables.join('\n\n'));
    });
  limits
    .command('release <who>')
    .description('reset the counters of an address or a user, and end waits after wrong passwords')
    .option('--key', 'what is named is a key of one of the lists')
    .action(async (who: string, { key = false }: { key?: boolean }) => {
      const { accounts } = await callServer(target(), contract.releaseLimits, { body: whichOf(who, key) });
      const ended =
        accounts === 1 ? '1 wait after wrong passwords has' : `${accounts} waits after wrong passwords have`;
      const waits = accounts === 0 ? '' : ` ${ended} ended.`;
      print(`${who} has new counters: nothing is counted yet.${waits}`);
    });
  limits
    .command('explain <request-id>')
    .description('why a request was answered 429, for a day')
    .action(async (requestId: string) => {
      print(explain(await callServer(target(), contract.explainRefusal, { params: { requestId } })));
    });
  limits
    .command('rehearsals')
    .description('whom the quotas of RATE_LIMIT_SHADOW_… would have stopped')
    .action(async () => {
      const { rehearsals } = await callServer(target(), contract.listRehearsals);
      const rows = rehearsals.flatMap(({ quota, limit, requests, since, partitions }) => [
        [quota, String(limit), String(requests), time(since), ''],
        ...partitions.map(({ label, requests: of, key }) => ['', '', String(of), label, key]),
      ]);
      if (rows.length === 0) print('No quota is rehearsed: RATE_LIMIT_SHADOW_… names one.');
      else print(table([['QUOTA', 'LIMIT', 'WOULD HAVE STOPPED', 'SINCE (UTC), WHO', 'KEY'], ...rows]));
    });
}

export function addLimits(program: Command): void {
  const limits = program
    .command('limits')
    .description('rate limits of the running server: show, explain and reset them');
  addReading(limits);
  addRefusals(limits);
}
