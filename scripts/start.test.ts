// A small project with the real scripts and a stand-in for npm, which writes down how it was called. Nothing is
// downloaded; the same scripts with the real npm are what .ci/run goes through.
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { root } from './runtime.js';

let base: string;

function write(file: string, content: string): void {
  mkdirSync(path.dirname(path.join(base, file)), { recursive: true });
  writeFileSync(path.join(base, file), content);
}

const fakeNpm = `
const fs = require('node:fs');
fs.appendFileSync('calls.log', 'npm ' + process.argv[2] + '\\n');
fs.rmSync('node_modules', { recursive: true, force: true });
if (process.env.NPM_FAILS) { console.error('npm error: no network'); process.exit(9); }
for (const name of ['vite', 'vitest']) {
  fs.mkdirSync('node_modules/' + name, { recursive: true });
  fs.writeFileSync('node_modules/' + name + '/package.json', JSON.stringify({ bin: { [name]: 'bin.cjs' } }));
  fs.copyFileSync('fake-' + name + '.cjs', 'node_modules/' + name + '/bin.cjs');
}`;

const fakeVite = `
const fs = require('node:fs');
fs.appendFileSync('calls.log', 'vite ' + process.argv[2] + ' ' + process.env.NODE_ENV + '\\n');
fs.rmSync('web/dist', { recursive: true, force: true });
if (process.env.VITE_FAILS) { console.error('error: no such export'); process.exit(3); }
fs.mkdirSync('web/dist', { recursive: true });
fs.writeFileSync('web/dist/index.html', '');`;

const fakeVitest = "console.log('vitest ' + process.argv.slice(2).join(' ')); process.exit(4);";

beforeEach(() => {
  base = mkdtempSync(path.join(tmpdir(), 'gatehouse-start-'));
  cpSync(path.join(root, 'scripts'), path.join(base, 'scripts'), {
    recursive: true,
    filter: (file) => !file.endsWith('.test.ts'),
  });
  write('package.json', '{"type":"module","version":"1.0.0"}');
  write('package-lock.json', '{}');
  write('web/main.tsx', 'main');
  write('src/launch.js', "console.log('server ' + process.argv.slice(2).join(' '));");
  write('npm/package.json', '{"type":"commonjs"}');
  write('npm/npm-cli.js', fakeNpm);
  write('fake-vite.cjs', fakeVite);
  write('fake-vitest.cjs', fakeVitest);
});

afterEach(() => rmSync(base, { recursive: true, force: true }));

function begin(script: string, args: string[] = [], env: Record<string, string> = {}) {
  return beginCommand(process.execPath, [path.join(base, 'scripts', `${script}.js`), ...args], env);
}

function beginCommand(command: string, args: string[], env: Record<string, string>) {
  const child = spawn(command, args, {
    cwd: tmpdir(),
    env: {
      ...process.env,
      NODE_ENV: 'test',
      npm_execpath: path.join(base, 'npm', 'npm-cli.js'),
      npm_node_execpath: process.execPath,
      ...env,
    },
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (errors += bytes.toString()));
  const ended = new Promise<{ code: number | null; output: string; errors: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, output, errors }));
  });
  return { child, ended };
}

const start = (env?: Record<string, string>) => begin('start', [], env).ended;

/** What npm and Vite were called for since the last look. */
function takeCalls(): string[] {
  const log = path.join(base, 'calls.log');
  const calls = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
  rmSync(log, { force: true });
  return calls;
}

const everything = ['npm ci', 'vite build production'];

describe('npm start', () => {
  test('installs, builds and runs the server with its arguments', async () => {
    const { code, output } = await begin('start', ['--flag']).ended;
    expect(takeCalls()).toEqual(everything);
    expect(output).toBe('server --flag\n');
    expect(code).toBe(0);
  });

  test('says what it does in single lines', async () => {
    const { errors } = await start();
    expect(errors.trim().split('\n')).toHaveLength(4);
    expect(errors).toMatch(/^(gatehouse: .+\n){4}$/);
  });

  test('does and says nothing more the second time', async () => {
    await start();
    takeCalls();
    const { code, output, errors } = await start();
    expect(takeCalls()).toEqual([]);
    expect({ code, output, errors }).toEqual({ code: 0, output: 'server \n', errors: '' });
  });

  test.each([
    ['web/main.tsx', ['vite build production']],
    ['src/contract/users.ts', ['vite build production']],
    ['src/features/users/index.ts', []],
    ['package-lock.json', everything],
    ['package.json', ['npm ci']],
  ])('after a change of %s does only what that needs', async (file, calls) => {
    await start();
    takeCalls();
    write(file, file === 'package.json' ? '{"version":"1.0.0","dependencies":{"a":"1"}}' : '{ }');
    await start();
    expect(takeCalls()).toEqual(calls);
  });

  test('installs once when two start at the same time', async () => {
    const results = await Promise.all([start(), start()]);
    expect(takeCalls()).toEqual(everything);
    expect(results.map(({ output }) => output)).toEqual(['server \n', 'server \n']);
  });

  test('takes an installation made by hand as it is', async () => {
    await start();
    rmSync(path.join(base, 'node_modules/.gatehouse-install'));
    write('package-lock.json', '{"packages":{"":{}}}');
    write('node_modules/.package-lock.json', '{"packages":{}}');
    takeCalls();
    await start();
    expect(takeCalls()).not.toContain('npm ci');
  });

  test('ends with one clear line when the installation fails, and tries again the next time', async () => {
    const { code, output, errors } = await start({ NPM_FAILS: '1' });
    expect({ code, output }).toEqual({ code: 9, output: '' });
    expect(errors.trim().split('\n').at(-1)).toBe(
      'gatehouse: the installation of the packages failed (exit code 9); the reason stands above',
    );
    expect(errors).toContain('no network');
    takeCalls();
    await start();
    expect(takeCalls()).toEqual(everything);
  });

  test('ends with one clear line when the build fails, and tries again the next time', async () => {
    const { code, errors } = await start({ VITE_FAILS: '1' });
    expect(code).toBe(3);
    expect(errors.trim().split('\n').at(-1)).toBe(
      'gatehouse: the build of the pages failed (exit code 3); the reason stands above',
    );
    takeCalls();
    await start();
    expect(takeCalls()).toEqual(['vite build production']);
  });

  test("ends with the server's exit code", async () => {
    write('src/launch.js', 'process.exit(78);');
    expect((await start()).code).toBe(78);
  });

  test.skipIf(process.platform === 'win32').each(['SIGINT', 'SIGTERM'] as const)(
    'passes %s on once and waits for the server',
    async (signal) => {
      write(
        'src/launch.js',
        `let count = 0;
         process.on('${signal}', () => { count += 1; if (count === 1) console.log('draining'); });
         process.on('SIGHUP', () => { console.log('signals: ' + count); process.exit(5); });
         console.log('ready');
         setInterval(() => {}, 1000);`,
      );
      const { child, ended } = begin('start');
      child.stdout.on('data', (bytes: Buffer) => {
        const text = bytes.toString();
        if (text.includes('ready')) child.kill(signal);
        if (text.includes('draining')) for (const again of [signal, 'SIGHUP'] as const) child.kill(again);
      });
      const { code, output } = await ended;
      expect(output).toBe('ready\ndraining\nsignals: 1\n');
      expect(code).toBe(5);
    },
  );

  // npm passes SIGTERM to its shell, which dies of it and tells nobody.
  test.skipIf(process.platform === 'win32')("stops the server when npm's shell is gone", async () => {
    write(
      'src/launch.js',
      `process.on('SIGTERM', () => { console.log('stopped'); process.exit(0); });
       console.log('ready');
       setInterval(() => {}, 1000);`,
    );
    const script = path.join(base, 'scripts', 'start.js');
    const command = `"${process.execPath}" "${script}"; exit $?`; // the rest keeps the shell from becoming the command
    const { child, ended } = beginCommand('sh', ['-c', command], { npm_lifecycle_event: 'start' });
    child.stdout.on('data', (bytes: Buffer) => {
      if (bytes.toString().includes('ready')) child.kill('SIGTERM');
    });
    expect((await ended).output).toBe('ready\nstopped\n');
  });
});

describe('npm test', () => {
  const runTests = () => begin('test', ['src/security', '--bail=1']).ended;

  test('installs what is missing, passes its arguments to vitest and ends with its exit code', async () => {
    const { code, output } = await runTests();
    expect(takeCalls()).toEqual(['npm ci']); // the pages are built by the tests that look at them
    expect(output).toBe('vitest run src/security --bail=1\n');
    expect(code).toBe(4);
  });
});
