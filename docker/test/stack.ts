// A Compose stack of a test's own: its name, its port, its network.
import { freePort } from '../../src/testing/free-port.ts';
import { baseImages, docker, root, runName, TAG } from './docker.ts';
import type { Options, Result } from './docker.ts';

export interface Stack {
  name: string;
  port: number;
  url: string;
  /** The address under which what comes from this machine reaches the containers. */
  gateway: string;
  /** `docker compose …` of this stack; `env` is added to the stack's own. */
  compose(args: readonly string[], options?: Options): Promise<Result>;
  /** A command in a service's container, which is the first one. */
  exec(service: string, command: readonly string[], options?: Options): Promise<Result>;
  /** The ids of a service's containers, also of those that have ended. */
  containers(service: string): Promise<string[]>;
  /** Both streams of a service's containers. */
  logs(service: string): Promise<string>;
  down(): Promise<void>;
}

interface Settings {
  /** Compose files, from the project's folder. */
  files?: readonly string[];
  cwd?: string;
  env?: Record<string, string>;
}

/** One that no network of this machine has; the tests' own are 172.30.90.0/24 to 172.30.189.0/24, each run from another on. */
export async function freeSubnet(): Promise<string> {
  const { stdout: ids } = await docker(['network', 'ls', '--quiet']);
  const format = '{{range .IPAM.Config}}{{.Subnet}} {{end}}';
  const { stdout } = await docker(['network', 'inspect', '--format', format, ...ids.split('\n').filter(Boolean)]);
  const candidates = Array.from({ length: 100 }, (_, index) => `172.30.${90 + ((process.pid + index) % 100)}`);
  const free = candidates.find((prefix) => !stdout.includes(`${prefix}.`));
  if (free === undefined) throw new Error('all of 172.30.90.0/24 to 172.30.189.0/24 are taken');
  return free;
}

/** Starts nothing yet. */
export async function makeStack(label: string, settings: Settings = {}): Promise<Stack> {
  const name = `${runName()}-${label}`;
  const port = await freePort();
  const subnet = await freeSubnet();
  const { cwd = root, files = [] } = settings;
  // Only what lets it stand beside other stacks; everything else is the project's default.
  const placed = { COMPOSE_PROJECT_NAME: name, HTTP_PORT: String(port), SUBNET: `${subnet}.0/24`, IMAGE_TAG: TAG };
  const env = { ...placed, ...baseImages(), ...settings.env };

  const compose = (args: readonly string[], options: Options = {}): Promise<Result> =>
    docker(['compose', ...files.flatMap((file) => ['-f', file]), ...args], {
      cwd,
      ...options,
      env: { ...env, ...options.env },
    });

  const containers = async (service: string): Promise<string[]> => {
    const { stdout } = await compose(['ps', '--all', '--quiet', '--no-trunc', service]);
    return stdout.split('\n').filter(Boolean);
  };

  return {
    name,
    port,
    url: `http://localhost:${port}`,
    gateway: `${subnet}.1`,
    compose,
    exec: (service, command, options) => compose(['exec', '-T', service, ...command], options),
    containers,
    // Not by Compose, which puts escape sequences between the lines.
    logs: async (service) => {
      const all = await Promise.all((await containers(service)).map((id) => docker(['logs', id])));
      return all.map(({ stdout, stderr }) => stdout + stderr).join('');
    },
    down: async () => void (await compose(['down', '--volumes', '--remove-orphans', '--timeout', '5'])),
  };
}
