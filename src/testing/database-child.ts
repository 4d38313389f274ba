/** Starts `database-process.ts` for a test and listens to it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export function startChild(act: string, url: string) {
  const script = fileURLToPath(new URL('./database-process.ts', import.meta.url));
  const child = spawn(process.execPath, [script, act, url], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit') as Promise<[number | null, string | null]>;
  const lines: string[] = [];
  const ended = once(
    createInterface(child.stdout).on('line', (line) => lines.push(line)),
    'close',
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  return {
    /** What it has printed so far. */
    lines,
    /** Ends its input: it goes on. */
    release: () => void child.stdin.end(),
    kill: async () => {
      child.kill('SIGKILL');
      await Promise.all([exited, ended]);
    },
    /** Its exit code, once all it printed is in `lines`. */
    exitCode: async () => (await Promise.all([exited, ended]))[0][0],
  };
}
