/**
 * The real process: `src/launch.js` on this Node, in a folder of its own, with the given variables and no others. Ended, and
 * its folder removed, after the test.
 *
 *     const home = await createHome({ SIGN_UP: 'closed' });
 *     const server = home.start();
 *     await server.ready();
 *     expect(await home.cli('keys', 'list')).toMatchObject({ code: 0 });
 */
import { spawn } from 'node:child_process';
import type { ChildProcess, StdioOptions } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject, onTestFailed, onTestFinished } from 'vitest';
import { call } from './personas.ts';
import type { Answer } from './personas.ts';
import { freePort } from './free-port.ts';
import { noLimits } from './no-limits.ts';
import { reportPart } from './parts.ts';
import { sqliteVersion } from './sqlite-version.ts';

const launcher = fileURLToPath(new URL('../launch.js', import.meta.url));

/** Whole and fast: the lowest cost that the configuration takes, and every file compiled once a run. */
const commonEnv = {
  PATH: process.env['PATH'] ?? '',
  BCRYPT_COST: '10',
  ...noLimits,
  NODE_COMPILE_CACHE: path.join(inject('testDatabases').folder, 'compile-cache'),
};

type Env = Record<string, string>;

export interface Finished {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface RunningProcess {
  readonly pid: number;
  readonly url: string;
  /** All it has printed so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** Every line of standard output, parsed; throws on one that is no JSON. */
  logLines(): Record<string, unknown>[];
  /** Resolves when it has printed what is looked for; rejects when it ends before. */
  printed(what: string | RegExp): Promise<void>;
  ready(): Promise<void>;
  /** The last set-up link it has printed. */
  setupLink(): string | undefined;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<Finished>;
}

export interface Home {
  readonly folder: string;
  readonly dataDir: string;
  readonly url: string;
  start(env?: Env, options?: { stdio?: StdioOptions }): RunningProcess;
  /** Runs one command of the operator to its end. */
  cli(...args: string[]): Promise<Finished>;
  cliWith(env: Env, ...args: string[]): Promise<Finished>;
}

/** @param env of every process in this home */
export async function createHome(env: Env = {}): Promise<Home> {
  const folder = await mkdtemp(path.join(tmpdir(), 'gatehouse-process-'));
  const children: ChildProcess[] = [];
  const processes: RunningProcess[] = [];
  onTestFinished(async () => {
    await Promise.all(children.map(end));
    await rm(folder, { recursive: true, force: true });
  });
  onTestFailed(() => {
    for (const { stdout, stderr } of processes) console.error(`--- what a process has printed\n${stderr}${stdout}`);
  });
  const port = await freePort();
  const dataDir = path.join(folder, 'data');
  const url = `http://127.0.0.1:${port}`;
  const base = { ...commonEnv, PORT: String(port), DATA_DIR: dataDir, ...env };
  if (env['DATABASE_URL'] === undefined) reportPart('SQLite', sqliteVersion()); // in the folder
  const run = (args: string[], more: Env, stdio: StdioOptions = ['ignore', 'pipe', 'pipe']): RunningProcess => {
    const child = spawn(process.execPath, [launcher, ...args], { cwd: folder, env: { ...base, ...more }, stdio });
    const running = watch(child, url);
    children.push(child);
    processes.push(running);
    return running;
  };
  return {
    folder,
    dataDir,
    url,
    start: (more = {}, { stdio } = {}) => run([], more, stdio),
    cli: (...args) => run(['cli', ...args], {}).ended,
    cliWith: (more, ...args) => run(['cli', ...args], more).ended,
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

function watch(child: ChildProcess, url: string): RunningProcess {
  const output = { stdout: '', stderr: '' };
  const news = new EventEmitter().setMaxListeners(100);
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
      output[name] += chunk;
      news.emit('news');
    });
  }
  const ended = (async (): Promise<Finished> => {
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    news.emit('news');
    return { code, signal, ...output };
  })();
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const hasPrinted = (what: string | RegExp): boolean =>
    [output.stdout, output.stderr].some((text) => (typeof what === 'string' ? text.includes(what) : what.test(text)));

  async function printed(what: string | RegExp): Promise<void> {
    while (!hasPrinted(what)) {
      if (isOver()) {
        await ended;
        if (hasPrinted(what)) return;
        throw new Error(`the process has ended without ${String(what)}:\n${output.stderr}${output.stdout}`);
      }
      await once(news, 'news');
    }
  }

  return {
    pid: child.pid ?? 0,
    url,
    get stdout() {
      return output.stdout;
    },
    get stderr() {
      return output.stderr;
    },
    logLines: () =>
      output.stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    printed,
    ready: () => printed('gatehouse: ready at '),
    setupLink: () => output.stderr.match(/http\S+\/setup#secret=\S+/g)?.at(-1),
    kill: (signal) => void child.kill(signal),
    ended,
  };
}

const words = 'velvet harbour 42 lantern';

/** What a program sends to make an account, and to sign in to it. */
export const accountOf = (username: string, password = words) => ({
  username,
  email: `${username}@example.org`,
  password,
  transport: 'token',
});

export const credentialsOf = (username: string, password = words) => ({
  identifier: username,
  password,
  transport: 'token',
});

export const register = (server: { url: string }, username: string): Promise<Answer> =>
  call(server, '/api/auth/register', { body: accountOf(username) });

export const signIn = (server: { url: string }, username: string, password?: string): Promise<Answer> =>
  call(server, '/api/auth/login', { body: credentialsOf(username, password) });

/** Uses a set-up link. */
export const setUp = (server: { url: string }, link: string | undefined, username = 'root'): Promise<Answer> =>
  call(server, '/api/setup', { body: { secret: link?.split('#secret=')[1], ...accountOf(username) } });

/** Who the bearer of the token is: 200 or 401. */
export const getMe = (server: { url: string }, answer: Answer): Promise<Answer> =>
  call(server, '/api/auth/me', { token: String(answer.body['accessToken']) });
