import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { lockFile, withLock } from './lock.js';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-lock-'));
  file = path.join(folder, 'lock');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function endedProcess(): number {
  return spawnSync(process.execPath, ['--version']).pid;
}

test('two at once do their work one after the other', async () => {
  const events: string[] = [];
  const firstHolds = Promise.withResolvers<void>();
  const secondWaits = Promise.withResolvers<void>();
  const first = withLock(file, vi.fn(), async () => {
    firstHolds.resolve();
    await secondWaits.promise;
    events.push('first');
  });
  await firstHolds.promise;
  const second = withLock(file, secondWaits.resolve, async () => {
    events.push('second');
  });
  await Promise.all([first, second]);
  expect(events).toEqual(['first', 'second']);
});

test('the file names its holder and goes with the work', async () => {
  await withLock(file, vi.fn(), async () => {
    expect(readFileSync(file, 'utf8')).toBe(String(process.pid));
  });
  expect(existsSync(file)).toBe(false);
});

test('the file goes also when the work fails', async () => {
  await expect(withLock(file, vi.fn(), () => Promise.reject(new Error('no network')))).rejects.toThrow('no network');
  expect(existsSync(file)).toBe(false);
});

test('what a killed holder left behind is taken over', async () => {
  writeFileSync(file, String(endedProcess()));
  const onWait = vi.fn();
  await expect(withLock(file, onWait, async () => 'done')).resolves.toBe('done');
  expect(onWait).not.toHaveBeenCalled();
});

// In a container the numbers of processes are small and come back at once.
test('what was left behind by a number that somebody else has now is taken over', async () => {
  writeFileSync(file, String(process.pid));
  const longAgo = new Date(2020, 1, 1);
  utimesSync(file, longAgo, longAgo);
  await expect(withLock(file, vi.fn(), async () => 'done')).resolves.toBe('done');
});

test('each folder has a lock of its own, outside of the folder', () => {
  expect(lockFile('/one')).not.toBe(lockFile('/two'));
  expect(lockFile('/one')).toBe(lockFile('/one'));
  expect(path.dirname(lockFile('/one'))).toBe(tmpdir());
});
