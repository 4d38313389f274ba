// Starts the servers that are measured, each in a process of its own, and ends them.
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../src/testing/free-port.ts';
import { noLimits } from '../src/testing/no-limits.ts';

const root = path.join(import.meta.dirname, '..');

export const COST = 12;

/** As src/launch.js sets it. */
export const THREADS = Math.max(4, availableParallelism() + 2);

export interface RunningServer {
  url: string;
  /** Milliseconds from the spawn to the first 200 of the probe. */
  readyMs: number;
  /** Resident memory in MiB; undefined where the system does not tell. */
  residentMiB(): number | undefined;
  stop(): Promise<void>;
}

async function waitFor(url: string, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}: ${url}`);
    const response = await fetch(url).catch(() => undefined);
    await response?.arrayBuffer();
    if (response?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function residentMiB(pid: number | undefined): number | undefined {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kilobytes) / 1024;
  } catch {
    return undefined;
  }
}

async function start(
  script: string,
  probe: string,
  env: Record<string, string>,
  release: () => void,
): Promise<RunningServer> {
  const port = await freePort();
  const startedAt = performance.now();
  const child = spawn(process.execPath, [path.join(root, script)], {
    cwd: tmpdir(),
    env: { PATH: process.env['PATH'] ?? '', PORT: String(port), ...env },
    stdio: ['ignore', 'ignore', 'ignore'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  await waitFor(url + probe, child);
  return {
    url,
    readyMs: performance.now() - startedAt,
    residentMiB: () => residentMiB(child.pid),
    async stop() {
      child.kill('SIGTERM');
      await ended;
      release();
    },
  };
}

export const startHello = (): Promise<RunningServer> => start('bench/hello.ts', '/', {}, () => {});

/** The product as it is shipped; log lines are written, to nowhere. */
export async function startGatehouse(env: Record<string, string> = {}): Promise<RunningServer> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'gatehouse-bench-'));
  const release = (): void => rmSync(dataDir, { recursive: true, force: true });
  return await start(
    'src/launch.js',
    '/readyz',
    { DATA_DIR: dataDir, BCRYPT_COST: String(COST), ...noLimits, ...env },
    release,
  );
}

/** Raw bcrypt comparisons a second, in a process of its own with the product's thread pool. */
export async function rawBcryptRate(parallel: number, seconds: number, cost: number = COST): Promise<number> {
  const env = { ...process.env, UV_THREADPOOL_SIZE: String(THREADS) };
  const script = path.join(import.meta.dirname, 'raw-bcrypt.ts');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [script, String(cost), String(parallel), String(seconds)],
    { env },
  );
  return Number(stdout);
}
