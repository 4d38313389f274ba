// doctor, the operator's examination: what a start needs, one line each, and what the running server has noticed.
import type { Command } from 'commander';
import { getReadiness } from '#contract/health.ts';
import type { Health, HealthPart } from '#contract/health.ts';
import { checkConfig, ConfigError } from '../config/index.ts';
import type { CheckedConfig, Environment } from '../config/index.ts';
import { describeDatabase, explainDatabaseFault, openDatabase } from '../database/open.ts';
import { createLog } from '../log.ts';
import { openRedis } from '../redis.ts';
import { serverUrl } from './address.ts';
import { command, print } from './run.ts';

const SERVER_MS = 2_000;

/** Only what failed makes the command fail. */
type Verdict = 'ok' | 'note' | 'warning' | 'failed';

type Say = (verdict: Verdict, subject: string, text: string) => void;

const COLUMN = 'warning  '.length;

/** A result is all that is printed. */
const silent = createLog({ level: 'silent' });

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function checkConfiguration(env: Environment, say: Say): Promise<CheckedConfig | undefined> {
  try {
    const { config, warnings } = await checkConfig(env);
    say('ok', 'configuration', `valid, ${config.mode} mode, ${config.publicUrl}`);
    for (const warning of warnings) say('note', 'configuration', warning);
    return config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    say('failed', 'configuration', error.message);
    return undefined;
  }
}

async function checkDatabase({ databaseUrl: url }: CheckedConfig, say: Say): Promise<void> {
  const name = describeDatabase(url);
  try {
    const database = await openDatabase({ url, poolSize: 1 });
    try {
      await database.ping();
      const pending = await database.pendingMigrations();
      if (pending.length === 0) say('ok', 'database', `${name} answers and has every migration`);
      else
        say('failed', 'database', `${name} lacks ${pending.join(', ')}: start the server or run "${command} migrate"`);
    } finally {
      await database.close();
    }
  } catch (error) {
    say('failed', 'database', explainDatabaseFault(error, url, 'DATABASE_URL') ?? `${name}: ${messageOf(error)}`);
  }
}

/** Never with the URL in it: that holds a password. */
async function checkRedis({ redisUrl: url }: CheckedConfig, say: Say): Promise<void> {
  if (url === undefined) return;
  const { host } = new URL(url);
  const redis = openRedis({ url, log: silent });
  try {
    await redis.ping();
    say('ok', 'redis', `${host} answers`);
  } catch (error) {
    say('failed', 'redis', `${host} does not answer: ${messageOf(error)}`);
  } finally {
    redis.close();
  }
}

const verdicts = { ok: 'ok', degraded: 'warning', failed: 'failed' } as const;

function sayPart({ name, status, detail, remedies = [] }: HealthPart, say: Say): void {
  say(verdicts[status], `server, ${name}`, detail ?? 'ok');
  const indent = ' '.repeat(COLUMN);
  for (const { for: program, line, where } of remedies)
    print(`${indent}${program.padEnd(COLUMN)}  ${line}\n${indent}${' '.repeat(COLUMN)}  ${where}`);
}

/** Undefined where nobody answers in time. */
async function askServer(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(`${url}/readyz?verbose`, {
      redirect: 'manual',
      signal: AbortSignal.timeout(SERVER_MS),
    });
    return await response.text();
  } catch {
    return undefined;
  }
}

function readHealth(text: string): Health | undefined {
  try {
    return getReadiness.answers[200].parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

async function checkServer(config: CheckedConfig, say: Say): Promise<void> {
  const url = serverUrl(config);
  const text = await askServer(url);
  if (text === undefined) return say('note', 'server', `no server answers at ${url}`);
  const health = readHealth(text);
  if (health === undefined) return say('failed', 'server', `what answers at ${url} is not Gatehouse`);
  const { status, version = '', parts } = health;
  if (status === 'ok') say('ok', 'server', `${url} is ready ${version}`.trimEnd());
  else say('failed', 'server', `${url} is not ready ${version}`.trimEnd());
  if (parts === undefined) say('note', 'server', 'tells its parts on a loopback address only, and HOST is another');
  for (const part of parts ?? []) sayPart(part, say);
}

/** Resolves with whether nothing failed: warnings and notes are no failure. */
async function examine(env: Environment): Promise<boolean> {
  let isSound = true;
  const say: Say = (verdict, subject, text) => {
    isSound &&= verdict !== 'failed';
    print(`${verdict.padEnd(COLUMN)}${subject}: ${text}`);
  };
  const config = await checkConfiguration(env, say);
  if (config === undefined) return false;
  await checkDatabase(config, say);
  await checkRedis(config, say);
  await checkServer(config, say);
  return isSound;
}

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('examine the configuration, the database, Redis and the running server, and say what to change')
    .action(async () => {
      if (!(await examine(process.env))) process.exitCode = 1;
    });
}
