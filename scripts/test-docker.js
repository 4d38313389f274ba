// npm run test:docker: the images, the stack and the proxy, on a real Docker engine. Arguments go to vitest.
import { spawnSync } from 'node:child_process';
import { run } from './child.js';
import { ensureInstalled } from './prepare.js';
import { commandScript, getNode, root } from './runtime.js';
import { runScript, Stop } from './terminal.js';

/** Compose 2.24 brought `!override` and `!reset`. */
const neededCompose = [2, 24];

/** @param {readonly string[]} args */
function ask(args) {
  const { status, stdout } = spawnSync('docker', args, { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

function assertDocker() {
  if (ask(['version', '--format', '{{.Server.Version}}']) === undefined)
    throw new Stop('test:docker needs a Docker engine, and `docker version` finds none');
  const compose = ask(['compose', 'version', '--short']) ?? 'none';
  const [major = 0, minor = 0] = compose.replace(/^v/, '').split('.').map(Number);
  const [neededMajor = 0, neededMinor = 0] = neededCompose;
  if (!(major > neededMajor || (major === neededMajor && minor >= neededMinor)))
    throw new Stop(`test:docker needs Docker Compose ${neededCompose.join('.')} or newer, found: ${compose}`);
}

await runScript(async () => {
  await ensureInstalled();
  assertDocker();
  const config = ['--config', 'docker/test/vitest.config.ts'];
  return run(getNode(), [commandScript('vitest'), 'run', ...config, ...process.argv.slice(2)], { cwd: root });
});
