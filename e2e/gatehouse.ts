// The real server in a process of its own, with a folder and a port of its own.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { getNode, root } from '../scripts/runtime.js';
import { freePort } from '../src/testing/free-port.ts';
import { noLimits } from '../src/testing/no-limits.ts';

export interface Gatehouse {
  readonly url: string;
  /** JSON lines, and what it says to people. */
  output(): string;
  /** From the file that only the operator can read. */
  setupLink(): Promise<string>;
  /** Ids of the sessions that this user is in with a browser, as the database has them. */
  sessionsOf(username: string): string[];
  start(): Promise<void>;
  /** At once, as when the machine goes away. */
  kill(): Promise<void>;
  remove(): Promise<void>;
}

/** Nothing of the machine's own configuration: not its variables, and (by the working folder) not its `.env`. */
const inherited = Object.fromEntries(['PATH', 'HOME', 'TMPDIR', 'LANG'].map((name) => [name, process.env[name] ?? '']));

function whenReady(child: ChildProcess, output: () => string): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (output().includes('gatehouse: ready at')) resolve();
    };
    child.stdout?.on('data', look);
    child.stderr?.on('data', look);
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}:\n${output()}`)));
  });
}

async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

export async function createGatehouse(environment: Readonly<Record<string, string>>): Promise<Gatehouse> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'gatehouse-e2e-'));
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const env = {
    ...inherited,
    PORT: String(port),
    PUBLIC_URL: url,
    DATA_DIR: dataDir,
    BCRYPT_COST: '10',
    DRAIN_SECONDS: '1',
  };
  let child: ChildProcess | undefined;
  let output = '';

  return {
    url,
    output: () => output,
    setupLink: async () => (await readFile(path.join(dataDir, 'setup-link'), 'utf8')).trim(),
    sessionsOf: (username) => {
      const database = new Database(path.join(dataDir, 'gatehouse.sqlite'), { readonly: true });
      const rows = database
        .prepare<[string], { id: string }>(
          `select s.id from sessions s join users u on u.id = s.user_id
            where u.username = ? and s.transport = 'cookie' and s.terminated_at is null`,
        )
        .all(username);
      database.close();
      return rows.map(({ id }) => id);
    },
    start: async () => {
      output = '';
      child = spawn(getNode(), [path.join(root, 'src', 'launch.js')], {
        cwd: dataDir,
        env: { ...noLimits, ...env, ...environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      for (const stream of [child.stdout, child.stderr])
        stream?.on('data', (text: Buffer) => (output += text.toString()));
      await whenReady(child, () => output);
    },
    kill: () => end(child, 'SIGKILL'),
    remove: async () => {
      await end(child, 'SIGTERM');
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
