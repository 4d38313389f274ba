// One installation at a time: two `npm start` in the same folder must not both empty node_modules.
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const beatMs = 1000;
const staleMs = 15_000;
const pollMs = 200;

/**
 * Outside the project's folder, because an installation empties node_modules.
 * @param {string} base
 */
export function lockFile(base) {
  const name = createHash('sha256').update(`${process.getuid?.()}\0${base}`).digest('hex').slice(0, 16);
  return path.join(tmpdir(), `gatehouse-${name}.lock`);
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}

/**
 * A holder that was killed left its file behind. Its process number may be somebody else's by now (small numbers come
 * back at once in a container), so that a holder also has to touch its file.
 * @param {string} file
 */
function isStale(file) {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    const age = Date.now() - statSync(file).mtimeMs;
    return age > staleMs || (pid > 0 && !isAlive(pid));
  } catch {
    return false; // gone in the meantime
  }
}

/** @param {string} file */
function take(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * @template T
 * @param {string} file
 * @param {() => void} onWait called once where another process holds the lock
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(file, onWait, work) {
  for (let waited = false; !take(file); waited = true) {
    if (isStale(file)) {
      rmSync(file, { force: true });
      continue;
    }
    if (!waited) onWait();
    await pause(pollMs);
  }
  const release = () => rmSync(file, { force: true });
  const beat = setInterval(() => utimesSync(file, new Date(), new Date()), beatMs);
  process.once('exit', release);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    process.off('exit', release);
    release();
  }
}
