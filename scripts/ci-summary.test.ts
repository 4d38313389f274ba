import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { summarise } from './ci-summary.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-summary-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const vitest = (passed: number, failed: number) =>
  JSON.stringify({ numPassedTests: passed, numFailedTests: failed, numPendingTests: 0, numTodoTests: 0 });
const playwright = (expected: number, unexpected: number, flaky = 0) =>
  JSON.stringify({ stats: { expected, unexpected, flaky, skipped: 0 } });

function lastLine(files: Record<string, string>): { line: string | undefined; isPassed: boolean } {
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(folder, name), content);
  const { lines, isPassed } = summarise(folder);
  return { line: lines.at(-1), isPassed };
}

const good = {
  'lint.status': '0\n',
  'test.status': '0\n',
  'vitest.json': vitest(10, 0),
  'e2e.status': '0\n',
  'playwright.json': playwright(3, 0, 1),
  'docker.status': '0\n',
  'docker.json': vitest(2, 0),
};

test('counts each test and each other gate', () => {
  expect(lastLine(good)).toEqual({ line: '17 passed, 0 failed', isPassed: true });
});

test('counts a failed gate as one', () => {
  expect(lastLine({ ...good, 'lint.status': '7\n' })).toEqual({ line: '16 passed, 1 failed', isPassed: false });
});

test('counts failed tests one by one', () => {
  const failed = { ...good, 'test.status': '1\n', 'vitest.json': vitest(8, 2) };
  expect(lastLine(failed)).toEqual({ line: '15 passed, 2 failed', isPassed: false });
});

test.each([
  ['a run that fails outside of its tests', { 'test.status': '1\n' }, '17 passed, 1 failed'],
  ['a run without a report', { 'vitest.json': '' }, '7 passed, 1 failed'],
  ['a report that breaks off', { 'vitest.json': '{"numPassed' }, '7 passed, 1 failed'],
  ['a run of no test', { 'vitest.json': vitest(0, 0) }, '7 passed, 1 failed'],
  ['a browser run of no test', { 'playwright.json': playwright(0, 0) }, '13 passed, 1 failed'],
  ['a run of no test with Docker', { 'docker.json': vitest(0, 0) }, '15 passed, 1 failed'],
  ['a status that was never written', { 'lint.status': '' }, '16 passed, 1 failed'],
])('%s is a failure', (_, files, line) => {
  expect(lastLine({ ...good, ...files })).toEqual({ line, isPassed: false });
});

test('gates that never ran are failures', () => {
  expect(lastLine({})).toEqual({ line: '0 passed, 3 failed', isPassed: false });
});
