// What a fresh clone lacks: packages and the built pages. Both are made again only when what they are made of changed.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { run } from './child.js';
import { buildFingerprint, installFingerprint, isInstalledByHand, readStamp, writeStamp } from './fingerprint.js';
import { lockFile, withLock } from './lock.js';
import { commandScript, findNode, getNode, npmCommand, npmEnvironment, root } from './runtime.js';
import { Stop, say, seconds } from './terminal.js';

const installStamp = path.join(root, 'node_modules', '.gatehouse-install');
const buildStamp = path.join(root, 'web', 'dist', '.gatehouse-build');
const oldestMajor = 20;

/** @param {number} code @param {string} what */
function assertEndedWell(code, what) {
  if (code === 0) return;
  // Above 128 a signal ended it: somebody wanted to stop, and knows.
  throw new Stop(code > 128 ? '' : `${what} failed (exit code ${code}); the reason stands above`, code);
}

async function install() {
  const since = performance.now();
  say('installing the packages, which takes a minute the first time');
  const [npm, args] = npmCommand();
  // npm ci would delete the very program that runs this script, which Windows refuses; install changes what differs.
  const isOwnProgram = process.execPath.startsWith(path.join(root, 'node_modules') + path.sep);
  const command = process.platform === 'win32' && isOwnProgram ? ['install', '--no-save'] : ['ci'];
  const flags = ['--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const code = await run(npm, [...args, ...command, ...flags], {
    cwd: root,
    env: npmEnvironment(),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  assertEndedWell(code, 'the installation of the packages');
  getNode();
  say(`packages installed in ${seconds(since)}`);
}

const isInstalled = () => readStamp(installStamp) === installFingerprint(root);

/** Installs the packages where package-lock.json or package.json changed since the last time. */
export async function ensureInstalled() {
  if (Number.parseInt(process.versions.node, 10) < oldestMajor) {
    throw new Stop(`Node ${oldestMajor} or newer is needed to begin with, this is ${process.version}`);
  }
  if (isInstalled()) return;
  await withLock(lockFile(root), sayWaiting, async () => {
    if (isInstalled()) return;
    if (!isInstalledByHand(root) || !findNode()) await install();
    writeStamp(installStamp, installFingerprint(root));
  });
}

async function build() {
  const since = performance.now();
  say('building the pages');
  const config = path.join('web', 'vite.config.ts');
  const code = await run(getNode(), [commandScript('vite'), 'build', '--config', config, '--logLevel', 'warn'], {
    cwd: root,
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  assertEndedWell(code, 'the build of the pages');
  say(`pages built in ${seconds(since)}`);
}

const isBuilt = () =>
  readStamp(buildStamp) === buildFingerprint(root) && existsSync(path.join(root, 'web', 'dist', 'index.html'));

/** Builds the pages where their sources changed since the last time. Needs the packages. */
export async function ensureBuilt() {
  if (isBuilt()) return;
  await withLock(lockFile(root), sayWaiting, async () => {
    if (isBuilt()) return;
    const fingerprint = buildFingerprint(root); // before: a source that changes meanwhile is built next time
    await build();
    writeStamp(buildStamp, fingerprint);
  });
}

function sayWaiting() {
  say('waiting for another command that is installing or building here');
}
