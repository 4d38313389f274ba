import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { root } from './runtime.js';

const folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-launch-'));
const launcher = path.join(folder, 'src', 'launch.js');
const report = `console.log(JSON.stringify({
  file: import.meta.url.split('/').at(-1),
  args: process.argv.slice(2),
  threads: process.env.UV_THREADPOOL_SIZE,
  greeting: process.env.GREETING,
}));`;

beforeAll(() => {
  mkdirSync(path.join(folder, 'src', 'cli'), { recursive: true });
  copyFileSync(path.join(root, 'src', 'launch.js'), launcher);
  writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}');
});

beforeEach(() => {
  rmSync(path.join(folder, '.env'), { force: true, recursive: true });
  writeFileSync(path.join(folder, 'src', 'main.ts'), report);
  writeFileSync(path.join(folder, 'src', 'cli', 'index.ts'), report);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Launch {
  node?: string;
  nodeArgs?: string[];
  args?: string[];
  env?: Record<string, string>;
}

function launch({ node = process.execPath, nodeArgs = [], args = [], env = {} }: Launch = {}) {
  const { UV_THREADPOOL_SIZE: _, ...inherited } = process.env;
  return spawnSync(node, [...nodeArgs, launcher, ...args], {
    cwd: folder,
    env: { ...inherited, ...env },
    encoding: 'utf8',
    timeout: 15_000,
  });
}

function launchAndRead(options?: Launch): Record<string, unknown> {
  return JSON.parse(launch(options).stdout) as Record<string, unknown>;
}

describe('an older Node', () => {
  const pretend = (version: string) =>
    `data:text/javascript,${encodeURIComponent(
      `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });` +
        `Object.defineProperty(process, 'version', { value: 'v${version}' });`,
    )}`;

  test.each(['20.20.2', '22.22.0', '23.11.1'])('%s is refused with one line and exit code 78', (version) => {
    writeFileSync(path.join(folder, 'src', 'main.ts'), 'console.log("imported")');
    const { status, stdout, stderr } = launch({ nodeArgs: ['--import', pretend(version)] });
    expect(status).toBe(78);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^gatehouse: Node 24 or newer is needed, this is v2\d\.\d+\.\d+; .*\n$/);
  });

  // The real thing, where the machine's own Node is older than the one that runs the tests.
  const own = process.env['npm_node_execpath'] ?? 'node';
  const ownVersion = spawnSync(own, ['--version'], { encoding: 'utf8' }).stdout ?? '';
  test.runIf(/^v(1[89]|2[0-3])\./.test(ownVersion))(`${ownVersion.trim()} of this machine is refused`, () => {
    const { status, stderr } = launch({ node: own });
    expect(status).toBe(78);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  test.each(['24.0.0', '26.1.0', '100.0.0'])('%s is taken', (version) => {
    expect(launch({ nodeArgs: ['--import', pretend(version)] }).status).toBe(0);
  });
});

describe('the entry', () => {
  test('is the server', () => {
    expect(launchAndRead({ args: ['--flag'] })).toMatchObject({ file: 'main.ts', args: ['--flag'] });
  });

  test('is the command with its own arguments after "cli"', () => {
    expect(launchAndRead({ args: ['cli', 'admin', 'setup'] })).toMatchObject({
      file: 'index.ts',
      args: ['admin', 'setup'],
    });
  });

  test('that fails to load ends the process with an error', () => {
    writeFileSync(path.join(folder, 'src', 'main.ts'), 'throw new Error("broken")');
    const { status, stderr } = launch();
    expect(status).toBe(1);
    expect(stderr).toContain('broken');
  });
});

describe('the thread pool', () => {
  test('has a thread a core and two more, at least four', () => {
    expect(launchAndRead()['threads']).toBe(String(Math.max(4, availableParallelism() + 2)));
  });

  test('has the size that the shell gives', () => {
    expect(launchAndRead({ env: { UV_THREADPOOL_SIZE: '3' } })['threads']).toBe('3');
  });

  test('has the size that .env gives', () => {
    writeFileSync(path.join(folder, '.env'), 'UV_THREADPOOL_SIZE=11\n');
    expect(launchAndRead()['threads']).toBe('11');
  });

  // Setting the variable is no proof: libuv reads it once, with the first work.
  test.runIf(process.platform === 'linux')('really has that many', () => {
    writeFileSync(
      path.join(folder, 'src', 'main.ts'),
      `import { pbkdf2 } from 'node:crypto';
       import { readdirSync, readFileSync } from 'node:fs';
       pbkdf2('a', 'b', 1, 8, 'sha512', () => {
         const names = readdirSync('/proc/self/task').map((id) => readFileSync('/proc/self/task/' + id + '/comm', 'utf8'));
         console.log(names.filter((name) => name.startsWith('libuv-worker')).length);
       });`,
    );
    expect(launch().stdout.trim()).toBe(String(Math.max(4, availableParallelism() + 2)));
  });
});

describe('.env', () => {
  test('is read', () => {
    writeFileSync(path.join(folder, '.env'), 'GREETING=from the file\n');
    expect(launchAndRead()['greeting']).toBe('from the file');
  });

  test('yields to the shell', () => {
    writeFileSync(path.join(folder, '.env'), 'GREETING=from the file\n');
    expect(launchAndRead({ env: { GREETING: 'from the shell' } })['greeting']).toBe('from the shell');
  });

  test('DP-01 that cannot be read is one line with what to do, and exit code 78', () => {
    mkdirSync(path.join(folder, '.env'));
    const { status, stderr } = launch();
    expect(status).toBe(78);
    expect(stderr.trim().split('\n')).toEqual([expect.stringMatching(/^gatehouse: the file \.env cannot be read \(/)]);
  });
});
