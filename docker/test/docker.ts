// The docker command. Everything that a run starts carries the run's name, so that its end finds it all.
import { spawn } from 'node:child_process';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '../..');

/** The tag of the images under test, built once for each run. */
export const TAG = 'test';
export const backendImage = `gatehouse-backend:${TAG}`;
export const frontendImage = `gatehouse-frontend:${TAG}`;

const runVariable = 'GATEHOUSE_DOCKER_TEST_RUN';

/** The beginning of the name of each Compose project of this run. */
export function runName(): string {
  return (process.env[runVariable] ??= `gatehouse-test-${process.pid}`);
}

export interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

export interface Options {
  env?: Record<string, string>;
  cwd?: string;
  input?: string;
  /** Any exit code is an answer. */
  mayFail?: boolean;
  /** How long it may take; none for builds. */
  seconds?: number;
}

/** Nothing of the caller's but what the docker command itself needs: an empty environment, as far as a test can have one. */
export function bareEnvironment(): Record<string, string> {
  const entries = Object.entries(process.env).filter(
    ([name, value]) => value !== undefined && (['PATH', 'HOME'].includes(name) || /^(?:DOCKER|BUILDX)_/.test(name)),
  );
  return Object.fromEntries(entries) as Record<string, string>;
}

export function docker(args: readonly string[], options: Options = {}): Promise<Result> {
  const { cwd = root, env = {}, input = '', mayFail = false, seconds } = options;
  return new Promise((resolve, reject) => {
    const child = spawn('docker', args, {
      cwd,
      env: { ...bareEnvironment(), ...env },
      ...(seconds !== undefined && { timeout: seconds * 1000 }),
    });
    const result = { code: 0, stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (result.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (result.stderr += text));
    child.stdin.on('error', () => {}).end(input);
    child.once('error', reject);
    child.once('close', (code) => {
      result.code = code ?? -1;
      if (result.code === 0 || mayFail) resolve(result);
      else reject(new Error(`docker ${args.join(' ')} ended with ${result.code}\n${result.stdout}${result.stderr}`));
    });
  });
}

/** What `docker inspect` says about one thing. */
export async function inspect<T>(kind: 'image' | 'container' | 'network', name: string): Promise<T> {
  const { stdout } = await docker([kind, 'inspect', name]);
  const [found] = JSON.parse(stdout) as [T];
  return found;
}

/** The files a build is told by: the project's own, and one for what the machine's network needs. */
export function buildFiles(): string[] {
  const extra = process.env['DOCKER_TEST_COMPOSE_FILE'];
  return ['-f', 'docker-compose.yml', ...(extra ? ['-f', path.resolve(root, extra)] : [])];
}

/** Which images the tests stand on, where the machine names others than the project does. */
export function baseImages(): Record<string, string> {
  const names = ['NODE_IMAGE', 'NGINX_IMAGE', 'REDIS_IMAGE', 'POSTGRES_IMAGE'];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

/**
 * Builds both images, or what `args` says.
 * @param options `files`: more Compose files; `cwd`: another copy of the project
 */
export function build(
  args: readonly string[] = [],
  options: Options & { files?: readonly string[] } = {},
): Promise<Result> {
  const files = (options.files ?? []).flatMap((file) => ['-f', file]);
  // One project name for all builds: Compose writes it into the image.
  const command = ['compose', '-p', 'gatehouse-test', ...buildFiles(), ...files, 'build', ...args];
  return docker(command, { ...options, env: { IMAGE_TAG: TAG, ...baseImages(), ...options.env } });
}

/** Takes away what carries the name: containers, networks, volumes. */
export async function removeAll(name: string): Promise<void> {
  const list = async (kind: string, format: string): Promise<string[]> => {
    const { stdout } = await docker([kind, 'ls', ...(kind === 'container' ? ['--all'] : []), '--format', format]);
    return stdout.split('\n').filter((line) => line.startsWith(`${name}-`) || line.startsWith(`${name}_`));
  };
  const containers = await list('container', '{{.Names}}');
  if (containers.length > 0) await docker(['rm', '--force', '--volumes', ...containers]);
  const networks = await list('network', '{{.Name}}');
  if (networks.length > 0) await docker(['network', 'rm', ...networks]);
  const volumes = await list('volume', '{{.Name}}');
  if (volumes.length > 0) await docker(['volume', 'rm', '--force', ...volumes]);
}
