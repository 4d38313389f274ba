// Child processes: no shell, inherited streams, signals passed on once.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { Stop } from './terminal.js';

const forwarded = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

const parent = process.ppid;
const parentPollMs = 250;

/**
 * npm passes a signal on to its shell only, and the shell dies of it without a word to us: whoever stops `npm start` would
 * leave a server behind. So under npm, the end of the shell counts as SIGTERM.
 * @param {() => void} stop
 */
function whenShellEnds(stop) {
  if (process.platform === 'win32' || !process.env.npm_lifecycle_event) return undefined;
  return setInterval(() => {
    if (process.ppid !== parent) stop();
  }, parentPollMs);
}

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
  /** @type {Set<NodeJS.Signals>} */
  const sent = new Set();
  /** @param {NodeJS.Signals} signal */
  const passOn = (signal) => {
    // On Windows a console's Ctrl-C reaches the child by itself, and `kill` would end it without a goodbye.
    if (process.platform === 'win32' || sent.has(signal)) return;
    sent.add(signal);
    child.kill(signal);
  };
  const watch = whenShellEnds(() => passOn('SIGTERM'));
  for (const signal of forwarded) process.on(signal, passOn);
  const ended = new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new Stop(`cannot start ${command}: ${error.message}`)));
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
  }).finally(() => {
    clearInterval(watch);
    for (const signal of forwarded) process.off(signal, passOn);
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
