// What the scripts say, and how they end.

/** An expected end: one line, no stack. */
export class Stop extends Error {
  /**
   * @param {string} message one line
   * @param {number} [exitCode]
   */
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * Progress goes to the error stream: standard output belongs to what is started.
 * @param {string} line
 */
export function say(line) {
  process.stderr.write(`gatehouse: ${line}\n`);
}

/** @param {number} sinceMs from `performance.now()` */
export function seconds(sinceMs) {
  return `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;
}

/**
 * Runs a script; its number is the exit code, a `Stop` becomes one line.
 * @param {() => Promise<number>} main
 */
export async function runScript(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    if (error.message) say(error.message);
    process.exitCode = error.exitCode;
  }
}
