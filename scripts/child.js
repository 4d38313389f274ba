// Child processes: no shell, inherited streams, signals passed on once.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { Stop } from './terminal.js';

const forwarded = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/**
 * @typedef {object} RunOptions
 * @property {NodeJS.ProcessEnv} [env]
 * @property {string} [cwd]
 * @property {import('node:child_process').StdioOptions} [stdio]
 */

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {{ child: import('node:child_process').ChildProcess, ended: Promise<number> }} `ended` gives the exit code,
 *   128 + number for a signal; it rejects with a `Stop` where the program cannot be started
 */
export function startChild(command, args, options = {}) {
  const child = spawn(command, args, { stdio: 'inherit', ...options });
  const listeners = forwarded.map((signal) => {
    // On Windows a console's Ctrl-C reaches the child by itself, and `kill` would end it without a goodbye.
    let passedOn = process.platform === 'win32';
    const listener = () => {
      if (!passedOn) child.kill(signal);
      passedOn = true;
    };
    process.on(signal, listener);
    return /** @type {const} */ ([signal, listener]);
  });
  const ended = new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new Stop(`cannot start ${command}: ${error.message}`)));
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
  }).finally(() => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
  });
  return { child, ended };
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<number>} the exit code
 */
export function run(command, args, options) {
  return startChild(command, args, options).ended;
}
