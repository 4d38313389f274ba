// A server's checkout of the project, deployed by its own script as an operator would.
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '../../src/testing/free-port.ts';
import { noLimits } from '../../src/testing/no-limits.ts';
import { baseImages, docker, removeAll, root, runName } from './docker.ts';
import { freeSubnet } from './stack.ts';

export interface Deploy {
  code: number;
  output: string;
  seconds: number;
}

export interface Running {
  /** For signals, to the script alone. */
  pid: number;
  /** Resolves once the output holds the text; fails where the script ends before. */
  says(text: string): Promise<void>;
  done: Promise<Deploy>;
}

export interface Site {
  folder: string;
  project: string;
  environment: 'production' | 'staging';
  port: number;
  url: string;
  /** Replaces a text in a file of the checkout, and commits it. */
  change(file: string, from: string, to: string): void;
  write(file: string, text: string): void;
  setVariable(name: string, value: string): void;
  start(...options: string[]): Running;
  deploy(...options: string[]): Promise<Deploy>;
  compose(args: readonly string[], options?: { mayFail?: boolean }): ReturnType<typeof docker>;
  /** Names of a service's running containers. */
  containers(service: string): Promise<string[]>;
  /** Containers, networks, volumes and images. */
  clear(): Promise<void>;
  /** And the checkout. */
  remove(): Promise<void>;
}

function git(folder: string, ...args: string[]): void {
  const identity = ['-c', 'user.name=operator', '-c', 'user.email=operator@localhost', '-c', 'commit.gpgsign=false'];
  execFileSync('git', [...identity, ...args], { cwd: folder, stdio: 'pipe' });
}

/** Everything that is tracked, or would be, as a repository of its own. */
export function copyProject(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-site-'));
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root });
  for (const file of listed.toString().split('\0').filter(Boolean))
    if (existsSync(path.join(root, file))) cpSync(path.join(root, file), path.join(folder, file));
  git(folder, 'init', '--quiet');
  commit(folder, 'first release');
  return folder;
}

function commit(folder: string, message: string): void {
  git(folder, 'add', '--all');
  git(folder, 'commit', '--quiet', '--allow-empty', '--message', message);
}

function setVariableIn(file: string, name: string, value: string): void {
  const lines = readFileSync(file, 'utf8').split('\n');
  const others = lines.filter((line) => !line.startsWith(`${name}=`));
  writeFileSync(file, [...others, `${name}=${value}`, ''].join('\n'));
}

function runScript(folder: string, args: readonly string[]): Running {
  const extra = process.env['DOCKER_TEST_COMPOSE_FILE'];
  const since = performance.now();
  const child = spawn('./deploy.sh', args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '/root',
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('DOCKER_'))),
      DEPLOY_LOCK_FILE: path.join(tmpdir(), `${runName()}.lock`),
      ...(extra === undefined ? {} : { DEPLOY_COMPOSE_FILE: path.resolve(root, extra) }),
    },
  });
  let output = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      for (const listener of listeners) listener();
    });
  const done = new Promise<Deploy>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? -1, output, seconds: (performance.now() - since) / 1000 }));
  });
  const says = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (output.includes(text)) resolve();
      };
      listeners.add(look);
      look();
      void done.then(() => reject(new Error(`the script ended without saying "${text}":\n${output}`)));
    });
  return { pid: child.pid ?? 0, says, done };
}

/** Containers, networks, volumes, and images by their tags. */
async function removeTraces(project: string, tag: string): Promise<void> {
  await removeAll(project);
  const { stdout } = await docker(['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}']);
  const images = stdout.split('\n').filter((image) => image.includes(`:${tag}`));
  if (images.length > 0) await docker(['rmi', '--force', ...images], { mayFail: true });
}

/** @param label part of the project's name; one site at a time has it */
export async function makeSite(label: string, environment: Site['environment'], folder = copyProject()): Promise<Site> {
  const project = `${runName()}-${label}`;
  const port = await freePort();
  const subnet = await freeSubnet();
  const url = `http://localhost:${port}`;
  const file = path.join(folder, `.env.${environment}`);
  cpSync(`${file}.example`, file);
  const tag = `${project}-${environment}`;
  const settings = {
    // As a loopback address it needs no certificate; what https changes is the proxy's tests' business.
    PUBLIC_URL: url,
    HTTP_PORT: String(port),
    COMPOSE_PROJECT_NAME: project,
    IMAGE_TAG: tag,
    SUBNET: `${subnet}.0/24`,
    TRUSTED_PROXIES: `${subnet}.1`,
    BUILD_PULL: 'no',
    BCRYPT_COST: '10',
    // All visitors of a test come from one address.
    ...noLimits,
    ...baseImages(),
  };
  for (const [name, value] of Object.entries(settings)) setVariableIn(file, name, value);
  const files = ['--env-file', file, '-f', 'docker-compose.yml', '-f', 'docker-compose.prod.yml'];
  const compose: Site['compose'] = (args, options) =>
    docker(['compose', ...files, ...args], { cwd: folder, ...options });
  const clear = () => removeTraces(project, tag);
  const start = (...options: string[]): Running => runScript(folder, [environment, ...options]);
  return {
    folder,
    project,
    environment,
    port,
    url,
    change(name, from, to) {
      const target = path.join(folder, name);
      const text = readFileSync(target, 'utf8');
      if (!text.includes(from)) throw new Error(`${name} does not hold "${from}"`);
      writeFileSync(target, text.replace(from, to));
      commit(folder, `change ${name}`);
    },
    write(name, text) {
      writeFileSync(path.join(folder, name), text);
      commit(folder, `write ${name}`);
    },
    setVariable: (name, value) => setVariableIn(file, name, value),
    start,
    deploy: (...options) => start(...options).done,
    compose,
    async containers(service) {
      const { stdout } = await compose(['ps', '--format', '{{.Name}}', service]);
      return stdout.split('\n').filter(Boolean).toSorted();
    },
    clear,
    async remove() {
      await clear();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
