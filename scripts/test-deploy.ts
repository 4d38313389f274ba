// A server to deploy to, without Docker: a folder with the deploy scripts, and scripts/test-docker-stub.sh for `docker`.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, openSync, closeSync } from 'node:fs';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { root } from './runtime.js';

export interface Script {
  file: string;
  command: string[];
}

export interface Run {
  code: number | null;
  output: string;
  errors: string;
  /** The titles of the steps, in the order they were begun. */
  steps: string[];
  /** Every call of docker, with the step it was made in. */
  calls: { step: string; call: string }[];
}

/** PowerShell tells its maker nothing, and asks for no newer one. */
const quiet = { POWERSHELL_TELEMETRY_OPTOUT: '1', POWERSHELL_UPDATECHECK: 'Off' };

/** What a command prints, or undefined where it fails or is not there. */
function ask(command: string, ...args: string[]): string | undefined {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, ...quiet } });
  return status === 0 ? stdout.trim() : undefined;
}

/** With what deploy.sh needs besides docker: references (bash 4.3) and flock, which a Mac has not. */
export const bashVersion = ask(
  'bash',
  '-c',
  'declare -n name=HOME && command -v flock >/dev/null && command -v mkfifo >/dev/null && echo "${BASH_VERSION%%(*}"',
);
export const powerShellVersion = ask('pwsh', '-NoProfile', '-Command', '"$($PSVersionTable.PSVersion)"');

const shell: Script = { file: 'deploy.sh', command: ['bash', 'deploy.sh'] };
const powerShell: Script = { file: 'deploy.ps1', command: ['pwsh', '-NoProfile', '-File', 'deploy.ps1'] };

/** The scripts that can run on this machine. */
export const scripts: Script[] = [...(bashVersion ? [shell] : []), ...(powerShellVersion ? [powerShell] : [])];

/** Once for each script that can run here. Where none can, "Real parts used" says so. */
export function describeEach(body: (script: Script) => void) {
  // PowerShell takes seconds to start, and some tests run a script many times.
  describe.each(scripts)('$file', { timeout: 120_000 }, (script) => {
    body(script);
  });
  if (scripts.length === 0)
    it('DP-10 deploy.sh is there', () => expect(existsSync(path.join(root, shell.file))).toBe(true));
}

/** Calls that only look; everything else makes, changes or removes something. */
const looking = [
  /^info$/,
  /^ps /,
  /^inspect /,
  /^logs /,
  /^(image|volume) inspect /,
  /^compose version /,
  /^compose --ansi never --dry-run create /,
];

export const isChange = (call: string) => !looking.some((pattern) => pattern.test(call));

/** The calls that change something, by step. */
export function changes(run: Run): Record<string, string[]> {
  const all: Record<string, string[]> = {};
  for (const { step, call } of run.calls) if (isChange(call)) (all[step] ??= []).push(call);
  return all;
}

/** All the calls that change something, and the steps in this order. */
export function expectChanges(run: Run, expected: Record<string, string[]>) {
  expect(Object.entries(changes(run))).toEqual(Object.entries(expected));
}

/** The titles of the steps that deploy.sh names in a list. */
export function stepsOf(list: 'DEPLOY_STEPS' | 'ROLLBACK_STEPS'): string[] {
  const text = readFileSync(path.join(root, 'deploy.sh'), 'utf8');
  const names = new RegExp(`${list}=\\(([^)]*)\\)`).exec(text)?.[1] ?? '';
  return names
    .trim()
    .split(/\s+/)
    .map((name) => name.replaceAll('_', ' '));
}

/** The one message; after it only the step it happened in, with the exit code. */
export function expectEnd(run: Run, code: number, message: string, step?: string) {
  expect(run.errors).toContain(`\ndeploy: ${message}\n`);
  expect(run.code).toBe(code);
  expect(run.errors.match(/^deploy: (?!deploy of |rollback of |\w+ did not become)/gm)).toHaveLength(1);
  if (step) expect(run.errors).toContain(`deploy: deploy of production ended at "${step}" (exit code ${code}).\n`);
}

export type Server = ReturnType<typeof makeServer>;

export function makeServer(script: Script, environment = 'production') {
  const folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-deploy-'));
  const stub = path.join(folder, 'stub');
  const file = (name: string) => path.join(folder, name);
  const state = (name: string) => path.join(stub, name);
  const envFile = `.env.${environment}`;
  for (const name of ['deploy.sh', 'deploy.ps1', 'package.json', 'nginx.conf', `${envFile}.example`]) {
    if (existsSync(path.join(root, name))) copyFileSync(path.join(root, name), file(name));
  }
  cpSync(path.join(root, 'deploy'), file('deploy'), { recursive: true });
  mkdirSync(file('nginx'));
  for (const name of ['containers', 'images', 'volumes', 'bin']) mkdirSync(state(name), { recursive: true });
  copyFileSync(path.join(root, 'scripts/test-docker-stub.sh'), state('bin/docker'));
  execFileSync('bash', ['-c', 'mkfifo "$0"', state('go')]);
  writeFileSync(state('count'), '0\n');
  writeFileSync(state('version'), '1.0.0\n');
  writeFileSync(state('diverged'), '');
  writeFileSync(state('address'), 'https://auth.acme.test\n');
  let count = 0;

  /** In the environment file; undefined takes it out. */
  function set(name: string, value: string | undefined) {
    const lines = readFileSync(file(envFile), 'utf8').split('\n');
    const others = lines.filter((line) => !line.startsWith(`${name}=`));
    writeFileSync(file(envFile), [...(value === undefined ? [] : [`${name}=${value}`]), ...others].join('\n'));
  }

  /** Begins a deploy, in a process group of its own. */
  function start(args: string[], env: Record<string, string> = {}) {
    count += 1;
    const [output, errors, calls] = ['output', 'errors', 'calls'].map((name) => state(`${name}-${count}`)) as [
      string,
      string,
      string,
    ];
    writeFileSync(calls, '');
    const [out, error] = [openSync(output, 'a'), openSync(errors, 'a')];
    const [command = '', ...first] = script.command;
    const child = spawn(command, [...first, ...args], {
      cwd: folder,
      detached: true,
      stdio: ['ignore', out, error],
      env: {
        PATH: `${state('bin')}:${process.env.PATH}`,
        HOME: stub,
        LC_ALL: 'C.UTF-8',
        ...quiet,
        DEPLOY_LOCK_FILE: file('lock'),
        STUB: stub,
        STUB_OUTPUT: output,
        STUB_CALLS: calls,
        STUB_ENV_FILE: envFile,
        STUB_PROJECT: `gatehouse-${environment}`,
        STUB_TAG: environment,
        ...env,
      },
    });
    const ended = new Promise<Run>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => {
        closeSync(out);
        closeSync(error);
        const said = readFileSync(output, 'utf8');
        resolve({
          code,
          output: said,
          errors: readFileSync(errors, 'utf8'),
          steps: [...said.matchAll(/^\[\d+\/\d+\] (.*)$/gm)].map((match) => match[1] ?? ''),
          calls: readFileSync(calls, 'utf8')
            .split('\n')
            .filter((line) => line !== '')
            .map((line) => ({ step: line.split('\t')[0] ?? '', call: line.split('\t')[1] ?? '' })),
        });
      });
    });
    const signal = (name: NodeJS.Signals) => process.kill(-(child.pid ?? 0), name);
    return { ended, signal };
  }

  const list = (name: string) =>
    Object.fromEntries(readdirSync(state(name)).map((entry) => [entry, read(`${name}/${entry}`)]));
  const read = (name: string) => readFileSync(state(name), 'utf8').trim();

  return {
    environment,
    file,
    set,
    start,
    run: (args: string[] = [environment], env: Record<string, string> = {}) => start(args, env).ended,
    /** A copy of the example with what it asks for. */
    configure() {
      copyFileSync(file(`${envFile}.example`), file(envFile));
      set('PUBLIC_URL', 'https://auth.acme.test');
    },
    /** What the engine has: containers of a service as "name image status restarts health". */
    containers: (service: string) =>
      Object.values(list('containers')).flatMap((text) =>
        text.startsWith(`${service} `) ? [text.slice(service.length + 1)] : [],
      ),
    images: () => list('images'),
    /** Everything that a deploy leaves: the engine's state and the files, but for what a run writes down. */
    snapshot: () => ({
      containers: list('containers'),
      images: list('images'),
      volumes: list('volumes'),
      files: readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => !/^(stub|lock)/.test(name))
        .sort(),
    }),
    /** State of the stub, as described there. */
    tell: (name: string, text: string) => writeFileSync(state(name), text),
    fail: (pattern: string, code = 1, message = 'Error response from daemon: no') =>
      writeFileSync(state('faults'), `${pattern}\t${code}\t${message}\n`),
    hold: (pattern: string) => writeFileSync(state('hold'), pattern),
    isHeld: () => vi.waitFor(() => readFileSync(state('held')), { timeout: 15_000, interval: 10 }),
    letGo: () => writeFileSync(state('go'), 'go\n'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Deploys the first version; the next deploy is of another one. Resolves with what the first one left. */
export async function deployFirst(server: Server) {
  server.configure();
  const { code, errors } = await server.run(['production']);
  if (code !== 0) throw new Error(errors);
  const left = server.snapshot();
  server.tell('version', '1.1.0\n');
  return left;
}
