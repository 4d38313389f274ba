// Which Node runs the server, and which npm installs. A machine's own Node may be as old as 20: the devDependency
// `node` brings the one that the server needs.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Stop } from './terminal.js';

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const neededMajor = 24;

/** @param {string} version such as `24.21.0` */
export function isNewEnough(version) {
  return Number.parseInt(version, 10) >= neededMajor;
}

/**
 * @param {string} [base] the project's folder
 * @returns {string | undefined} the path of a Node that can run the server
 */
export function findNode(base = root) {
  if (isNewEnough(process.versions.node)) return process.execPath;
  const installed = path.join(base, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(installed)) return undefined;
  return spawnSync(installed, ['--version']).status === 0 ? installed : undefined;
}

/** @param {string} [base] */
export function getNode(base = root) {
  const node = findNode(base);
  if (node) return node;
  throw new Stop(
    `Node ${neededMajor} or newer is needed, this is ${process.version}, and the package "node" has no program for this machine (are npm's install scripts switched off?)`,
  );
}

/**
 * The script behind a package's command, for `node <script>`: no shell, no `.cmd` file on Windows.
 * @param {string} packageName
 * @param {string} [command]
 */
export function commandScript(packageName, command = packageName) {
  const folder = path.join(root, 'node_modules', packageName);
  const { bin } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  return path.join(folder, typeof bin === 'string' ? bin : bin[command]);
}

/** @param {string} file */
function isInside(file, folder = path.join(root, 'node_modules')) {
  return path.resolve(file).startsWith(folder + path.sep);
}

/**
 * npm as program and leading arguments. It runs on the machine's own Node: one inside node_modules would delete itself.
 * @returns {[command: string, args: string[]]}
 */
export function npmCommand() {
  const nodes = [process.env.npm_node_execpath, process.execPath].filter((file) => file && !isInside(file));
  const node = nodes[0];
  const scripts = [
    process.env.npm_execpath ?? '',
    ...[process.execPath, node ?? ''].flatMap((file) => [
      path.join(path.dirname(file), 'node_modules', 'npm', 'bin', 'npm-cli.js'),
      path.join(path.dirname(file), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    ]),
  ];
  const script = scripts.find((file) => path.basename(file) === 'npm-cli.js' && existsSync(file));
  return script && node ? [node, [script]] : ['npm', []];
}

/** The environment for npm: without this project's commands in front, so that the machine's own Node is found. */
export function npmEnvironment() {
  const env = { ...process.env };
  const name = Object.keys(env).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH';
  env[name] = (env[name] ?? '')
    .split(path.delimiter)
    .filter((folder) => !isInside(path.join(folder, 'x')))
    .join(path.delimiter);
  return env;
}
