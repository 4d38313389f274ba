// Adds up the reports of vitest and Playwright and the gates of .ci/run: `node ci-summary.js <folder>`.
// The folder holds vitest.json, docker.json, playwright.json and one file `<gate>.status` with its exit code for each gate.
// The last line is `N passed, N failed`; the exit code is 1 where anything failed or no test ran.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readJson, readStamp } from './fingerprint.js';

/**
 * @typedef {object} Count
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 */

/** @param {string} file @returns {Count | undefined} */
function readReport(file) {
  try {
    const report = readJson(file);
    if (report?.stats) {
      const { expected, flaky, unexpected, skipped } = report.stats;
      return { passed: expected + flaky, failed: unexpected, skipped };
    }
    if (!report) return undefined;
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = report;
    return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests + numTodoTests };
  } catch {
    return undefined; // cut off in the middle: as if there were none
  }
}

/** A gate whose tests are counted one by one; it counts itself only where its failure would not be seen otherwise. */
const reports = /** @type {Record<string, string>} */ ({
  test: 'vitest.json',
  e2e: 'playwright.json',
  docker: 'docker.json',
});

/**
 * @param {string} gate
 * @param {number} code its exit code
 * @param {Count | undefined} report
 * @returns {Count}
 */
export function countGate(gate, code, report) {
  if (!(gate in reports)) return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
  const count = report ?? { passed: 0, failed: 0, skipped: 0 };
  const isSilentFailure = count.failed === 0 && (code !== 0 || count.passed === 0);
  return isSilentFailure ? { ...count, failed: 1 } : count;
}

/** @param {string} folder */
export function summarise(folder) {
  const gates = readdirSync(folder)
    .filter((name) => name.endsWith('.status'))
    .map((name) => path.basename(name, '.status'));
  const lines = [];
  const total = { passed: 0, failed: 0 };
  for (const gate of gates) {
    const code = Number(readStamp(path.join(folder, `${gate}.status`)) || 1);
    const count = countGate(gate, code, readReport(path.join(folder, reports[gate] ?? 'none')));
    total.passed += count.passed;
    total.failed += count.failed;
    lines.push(`${gate}: ${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped, exit code ${code}`);
  }
  for (const gate of Object.keys(reports).filter((name) => !gates.includes(name))) {
    total.failed += 1;
    lines.push(`${gate}: did not run`);
  }
  return { lines: [...lines, `${total.passed} passed, ${total.failed} failed`], isPassed: total.failed === 0 };
}

if (path.resolve(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) {
  const { lines, isPassed } = summarise(process.argv[2] ?? '.');
  console.log(lines.join('\n'));
  process.exitCode = isPassed ? 0 : 1;
}
