// `docker compose up` of a fresh clone with nothing set: what runs, and what each container may do.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { copyOfProject } from './copy.ts';
import { bareEnvironment, docker, inspect } from './docker.ts';
import { makeStack } from './stack.ts';
import type { Stack } from './stack.ts';

let folder: string;
let stack: Stack;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'gatehouse-base-'));
  await copyOfProject(folder);
  stack = await makeStack('base', { cwd: folder });
  await stack.compose(['up', '--detach', '--wait', '--no-build']);
});
afterAll(async () => {
  await stack.down();
  await rm(folder, { recursive: true, force: true });
});

interface Container {
  Name: string;
  State: { ExitCode: number; Status: string };
  HostConfig: {
    Privileged: boolean;
    ReadonlyRootfs: boolean;
    CapDrop: string[] | null;
    CapAdd: string[] | null;
    SecurityOpt: string[] | null;
    PidsLimit: number | null;
    Memory: number;
    NanoCpus: number;
    NetworkMode: string;
    PidMode: string;
    IpcMode: string;
    UTSMode: string;
    UsernsMode: string;
    Devices: unknown[] | null;
    PortBindings: Record<string, { HostIp: string; HostPort: string }[]> | null;
  };
  Mounts: { Type: string; Source: string; Destination: string; RW: boolean }[];
}

const SERVICES = ['secrets', 'redis', 'backend', 'assets', 'nginx-conf', 'frontend', 'proxy'] as const;
const RUNNING = { redis: '999', backend: '1000', frontend: '101', proxy: '101' } as const;

async function containerOf(service: string): Promise<Container> {
  const [id = '', ...more] = await stack.containers(service);
  expect(more, service).toEqual([]);
  return inspect<Container>('container', id);
}

test('DP-05 DP-01 one command with an empty environment: what serves is up, what prepares has ended well', async () => {
  const states = await Promise.all(
    SERVICES.map(async (service) => [service, (await containerOf(service)).State] as const),
  );
  for (const [service, { Status, ExitCode }] of states)
    expect([service, Status, ExitCode]).toEqual([service, service in RUNNING ? 'running' : 'exited', 0]);
});

test('DP-05 nothing is allowed that is not needed, for each container that ever runs', async () => {
  for (const service of SERVICES) {
    const { HostConfig: host, Mounts } = await containerOf(service);
    expect([service, host.CapDrop, host.CapAdd ?? []]).toEqual([service, ['ALL'], []]);
    expect(host.SecurityOpt, service).toEqual(['no-new-privileges:true']);
    expect([service, host.ReadonlyRootfs, host.Privileged]).toEqual([service, true, false]);
    expect(host.PidsLimit, service).toBeGreaterThan(0);
    expect(host.PidsLimit, service).toBeLessThanOrEqual(256);
    expect(host.Memory, service).toBeGreaterThan(0);
    expect(host.Memory, service).toBeLessThanOrEqual(1024 ** 3);
    expect(host.NanoCpus, service).toBeGreaterThan(0);
    for (const mode of [host.NetworkMode, host.PidMode, host.IpcMode, host.UTSMode, host.UsernsMode])
      expect(mode, service).not.toMatch(/host|container:/);
    expect(host.Devices ?? [], service).toEqual([]);
    expect(
      Mounts.filter(({ Source }) => /docker\.sock|^\/(?:proc|sys|dev|etc|var\/run)(?:\/|$)/.test(Source)),
      service,
    ).toEqual([]);
    // Of this machine's folders only the scripts of Redis, and only to read.
    const binds = Mounts.filter(({ Type }) => Type === 'bind');
    expect(
      binds.map(({ Destination }) => Destination),
      service,
    ).toEqual(service === 'redis' ? ['/docker'] : []);
    for (const mount of binds) {
      expect(mount.Source.startsWith(folder), mount.Source).toBe(true);
      expect(mount.RW, mount.Source).toBe(false);
    }
  }
});

test.each(Object.entries(RUNNING))(
  'DP-03 DP-05 %s runs as user %s, without a right, and cannot write to its root',
  async (service, user) => {
    const { stdout: status } = await stack.exec(service, ['cat', '/proc/1/status']);
    const field = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
    expect(field('Uid').split(/\s+/)).toEqual([user, user, user, user]);
    expect(field('Gid').split(/\s+/)).not.toContain('0');
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) expect(field(set), set).toMatch(/^0+$/);
    expect(field('NoNewPrivs')).toBe('1');
    for (const target of [
      '/x',
      '/app/x',
      '/etc/x',
      '/usr/x',
      '/etc/gatehouse/x',
      '/docker/x',
      '/usr/share/nginx/html/x',
    ]) {
      const result = await stack.exec(service, ['sh', '-c', `: >${target}`], { mayFail: true });
      expect(result.code, target).not.toBe(0);
      expect(result.stderr, target).toMatch(/read-only|no such|nonexistent|cannot create/i);
    }
  },
);

describe('the network', () => {
  test('DP-06 only the proxy publishes a port, to this machine only', async () => {
    for (const service of SERVICES) {
      const { HostConfig } = await containerOf(service);
      const expected =
        service === 'proxy' ? { '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: String(stack.port) }] } : {};
      expect(HostConfig.PortBindings ?? {}, service).toEqual(expected);
    }
    const { stdout } = await docker([
      'ps',
      '--filter',
      `label=com.docker.compose.project=${stack.name}`,
      '--format',
      '{{.Ports}}',
    ]);
    expect(stdout).not.toMatch(/0\.0\.0\.0|\[?::\]?:\d/);
  });

  test('DP-06 the databases are on a network without a way in or out, which the proxy and the pages are not on', async () => {
    interface Network {
      Internal: boolean;
      Containers: Record<string, { Name: string }>;
    }
    const membersOf = ({ Containers }: Network): string[] =>
      Object.values(Containers)
        .map(({ Name }) => Name.replace(`${stack.name}-`, '').replace(/-\d+$/, ''))
        .sort();
    const data = await inspect<Network>('network', `${stack.name}_data`);
    expect(data.Internal).toBe(true);
    expect(membersOf(data)).toEqual(['backend', 'redis']);
    const edge = await inspect<Network>('network', `${stack.name}_edge`);
    expect(membersOf(edge)).toEqual(['backend', 'frontend', 'proxy']);
    for (const service of ['secrets', 'assets', 'nginx-conf'])
      expect((await containerOf(service)).HostConfig.NetworkMode).toBe('none');
    // Not even by its name.
    expect((await stack.exec('proxy', ['getent', 'hosts', 'redis'], { mayFail: true })).code).not.toBe(0);
  });
});

describe('Redis', () => {
  const redis = (command: string, password = 'REDISCLI_AUTH=$(cat $REDIS_PASSWORD_FILE) '): Promise<string> =>
    stack
      .exec('redis', ['sh', '-c', `${password}redis-cli --no-auth-warning ${command}`], { mayFail: true })
      .then(({ stdout, stderr }) => stdout + stderr);

  test('DP-07 answers nobody without its password, nor with another one', async () => {
    expect(await redis('ping', '')).toContain('NOAUTH');
    expect(await redis('get x', '')).toContain('NOAUTH');
    expect(await redis('ping', 'REDISCLI_AUTH=wrong ')).toMatch(/WRONGPASS|NOAUTH/);
    expect(await redis('ping')).toBe('PONG\n');
  });

  test('DP-07 does nothing that a server has no need of, whoever asks', async () => {
    const refused = [
      'flushall',
      'flushdb',
      'config get dir',
      'config set dir /tmp',
      'keys "*"',
      'debug sleep 0',
      'shutdown',
      'save',
      'bgsave',
    ];
    const more = [
      'acl list',
      'acl setuser x on',
      'replicaof 10.0.0.1 6379',
      'module list',
      'monitor',
      'client kill type normal',
      'sort x',
    ];
    for (const command of [...refused, ...more, 'slowlog get', 'bgrewriteaof', 'failover', 'migrate a 1 k 0 1'])
      expect([command, await redis(command)]).toEqual([command, expect.stringMatching(/NOPERM|not allowed/)]);
    expect(await redis('set test:x 1 ex 60')).toBe('OK\n');
    expect(await redis('eval "return redis.call(\'get\', KEYS[1])" 1 test:x')).toBe('1\n');
  });

  test('DP-07 has an end to its memory, and lets go first of what ends first', async () => {
    const memory = await redis('info memory');
    expect(memory).toMatch(/^maxmemory:134217728\r?$/m);
    expect(memory).toMatch(/^maxmemory_policy:volatile-ttl\r?$/m);
    expect(await redis('info persistence')).toMatch(/^aof_enabled:1\r?$/m);
    const { HostConfig } = await containerOf('redis');
    expect(HostConfig.Memory).toBeGreaterThan(134_217_728);
  });

  test('DP-07 LO-03 no process list and no setting shows a password', async () => {
    const { stdout: password } = await stack.exec('redis', ['sh', '-c', 'cat $REDIS_PASSWORD_FILE']);
    expect(password.length).toBeGreaterThan(40);
    const { stdout: processes } = await stack.exec('redis', [
      'sh',
      '-c',
      'cat /proc/[0-9]*/cmdline /proc/1/environ | tr "\\0" " "',
    ]);
    expect(processes).toContain('redis-server');
    expect(processes).not.toContain(password);
    for (const service of SERVICES) {
      const [id = ''] = await stack.containers(service);
      const { stdout } = await docker(['inspect', id]);
      expect(stdout, service).not.toContain(password);
    }
    // Its own secret and not the server's.
    const { stdout } = await stack.exec('redis', ['ls', '/secrets']);
    expect(stdout.trim()).toBe('redis');
    expect((await stack.exec('frontend', ['ls', '/secrets'], { mayFail: true })).code).not.toBe(0);
  });
});

test('DP-01 DP-06 the project as it stands: its name, its port on this machine, and nothing from the environment', async () => {
  const { stdout } = await docker(['compose', 'config', '--format', 'json'], { cwd: folder, env: bareEnvironment() });
  const config = JSON.parse(stdout) as {
    name: string;
    services: Record<string, { ports?: { host_ip: string; published: string }[]; image: string }>;
  };
  expect(config.name).toBe('gatehouse');
  expect(Object.keys(config.services).sort()).toEqual([...SERVICES].sort());
  for (const [service, { ports = [] }] of Object.entries(config.services))
    expect(
      ports.map(({ host_ip, published }) => `${host_ip}:${published}`),
      service,
    ).toEqual(service === 'proxy' ? ['127.0.0.1:8080'] : []);
});
