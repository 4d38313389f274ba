// The stack of `docker compose up`, used: set up, signed in to, restarted, stopped and started again.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { docker, inspect } from './docker.ts';
import { expectApiHeaders, expectPageHeaders } from './headers.ts';
import { send } from './http.ts';
import type { Answer } from './http.ts';
import { makeStack } from './stack.ts';
import type { Stack } from './stack.ts';
import { until } from './wait.ts';

const site = { https: false };
const PASSWORD = 'eleven quiet lanterns';
const ADMIN = { username: 'admin', email: 'admin@example.org', password: PASSWORD };

let stack: Stack;
let placeholder: string | undefined;

beforeAll(async () => {
  stack = await makeStack('use');
  await stack.compose(['up', '--detach', '--wait', '--no-build']);
});
afterAll(async () => {
  if (placeholder !== undefined) await docker(['rm', '--force', placeholder], { mayFail: true });
  await stack.down();
});

const host = (): string => `Host: localhost:${stack.port}`;
const get = (target: string, ...fields: string[]): Promise<Answer> =>
  send(stack.port, `GET ${target}`, { fields: [host(), ...fields] });
const post = (target: string, body: unknown, ...fields: string[]): Promise<Answer> =>
  send(stack.port, `POST ${target}`, {
    body: JSON.stringify(body),
    fields: [host(), 'Content-Type: application/json', ...fields],
  });
const logIn = (identifier: string): Promise<Answer> =>
  post('/api/auth/login', { identifier, password: PASSWORD, transport: 'token' });

/** The server's lines about requests. */
async function requestLines(): Promise<Record<string, unknown>[]> {
  const lines = (await stack.logs('backend')).split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter((line) => 'route' in line);
}

test('DP-01 the link in the log makes the first administrator, once', async () => {
  const [, origin = '', secret = ''] =
    /(http:\/\/localhost:\d+)\/\S*#(?:secret=)?(\S+)/.exec(await stack.logs('backend')) ?? [];
  expect(origin).toBe(stack.url);
  const answer = await post('/api/setup', { secret, ...ADMIN, transport: 'token' });
  expect([answer.status, answer.json()['user']]).toEqual([
    201,
    expect.objectContaining({ username: 'admin', roles: ['admin'] }),
  ]);
  expectApiHeaders(answer, site, 'set-up');
  const again = await post('/api/setup', {
    secret,
    ...ADMIN,
    username: 'eve',
    email: 'eve@example.org',
    transport: 'token',
  });
  expect([again.status, again.json()['type']]).toEqual([403, 'urn:gatehouse:problem:invalid-setup-secret']);
});

test('HT-03 HT-04 HT-05 HT-06 the server’s own answers come through with each header once', async () => {
  expectPageHeaders(await get('/sign-in'), site, 'page');
  for (const target of ['/api/auth/me', '/api/none', '/livez', '/readyz', '/api/openapi.json'])
    expectApiHeaders(await get(target), site, target);
  const keys = await get('/.well-known/jwks.json');
  expectApiHeaders(keys, site, 'keys', 'public, max-age=300');
  const faulty = await send(stack.port, 'POST /api/auth/login', {
    body: '{',
    fields: [host(), 'Content-Type: application/json'],
  });
  expect(faulty.status).toBe(400);
  expectApiHeaders(faulty, site, 'faulty');
});

test('DP-12 sign up, sign in, who am I, and out', async () => {
  const made = await post('/api/auth/register', {
    username: 'ada',
    email: 'ada@example.org',
    password: PASSWORD,
    transport: 'token',
  });
  expect(made.status).toBe(201);
  const session = await logIn('ada');
  expect(session.status).toBe(200);
  const bearer = `Authorization: Bearer ${String(session.json()['accessToken'])}`;
  expect((await get('/api/auth/me', bearer)).json()).toMatchObject({ user: { username: 'ada', roles: ['user'] } });
  expect((await post('/api/auth/logout', {}, bearer)).status).toBe(204);
  expect((await get('/api/auth/me', bearer)).status).toBe(401);
});

test('RL-04 the server counts the address that the proxy saw, whatever a client says of itself', async () => {
  const spoofed = [
    'X-Forwarded-For: 198.51.100.7',
    'X-Real-IP: 198.51.100.7',
    'Forwarded: for=198.51.100.7',
    'X-Client-IP: 198.51.100.7',
  ];
  const ids = [
    (await get('/api/auth/me')).header('x-request-id'),
    (await get('/api/auth/me', ...spoofed)).header('x-request-id'),
  ];
  const lines = await until('their lines', async () => {
    const found = (await requestLines()).filter(({ requestId }) => ids.includes(requestId as string));
    return found.length === 2 && found;
  });
  expect(lines.map(({ address }) => address)).toEqual([stack.gateway, stack.gateway]);
  expect(await stack.logs('backend')).not.toContain('198.51.100.7');
});

test('DP-12 the operator’s command is in the container', async () => {
  const { stdout } = await stack.exec('backend', ['gatehouse', 'users', '--help']);
  expect(stdout).toContain('disable');
  const { code } = await stack.exec('backend', ['gatehouse', 'no-such-command'], { mayFail: true });
  expect(code).not.toBe(0);
});

test('RE-25 a server that comes back under another address is found again', async () => {
  const [id = ''] = await stack.containers('backend');
  const address = async (): Promise<string> => {
    const { NetworkSettings } = await inspect<{ NetworkSettings: { Networks: Record<string, { IPAddress: string }> } }>(
      'container',
      id,
    );
    return NetworkSettings.Networks[`${stack.name}_edge`]?.IPAddress ?? '';
  };
  const before = await address();
  await stack.compose(['stop', 'backend']);
  expect((await get('/api/auth/me')).status).toBe(503);
  placeholder = `${stack.name}-placeholder`;
  const place = ['--network', `${stack.name}_edge`, '--ip', before, '--entrypoint', 'sleep'];
  await docker(['run', '--detach', '--name', placeholder, ...place, 'gatehouse-backend:test', '300']);
  await stack.compose(['start', 'backend']);
  expect(await address()).not.toBe(before);
  await until('the proxy has found it', async () => (await get('/api/auth/me')).status === 401, 60);
});

test('RE-25 DP-07 accounts, secrets and keys outlive the containers', async () => {
  const session = await logIn('ada');
  const token = `Authorization: Bearer ${String(session.json()['accessToken'])}`;
  if (placeholder !== undefined) await docker(['rm', '--force', placeholder]);
  await stack.compose(['down']);
  await stack.compose(['up', '--detach', '--wait', '--no-build']);
  expect((await get('/api/auth/me', token)).json()).toMatchObject({ user: { username: 'ada' } });
  expect((await logIn('admin')).status).toBe(200);
  // No second administrator.
  expect(await stack.logs('backend')).not.toMatch(/\/set-?up#/i);
});

test('DP-11 SIGTERM reaches each process 1, which ends by itself, with 0', async () => {
  const services = ['proxy', 'frontend', 'backend', 'redis'];
  const ids = (await Promise.all(services.map((service) => stack.containers(service)))).flat();
  expect(ids).toHaveLength(services.length);
  await stack.compose(['stop']);
  for (const [index, id] of ids.entries()) {
    const { State } = await inspect<{ State: { ExitCode: number; Status: string; OOMKilled: boolean } }>(
      'container',
      id,
    );
    // 137 would be SIGKILL after the grace.
    expect([services[index], State.Status, State.ExitCode, State.OOMKilled]).toEqual([
      services[index],
      'exited',
      0,
      false,
    ]);
  }
  expect(await stack.logs('backend')).toMatch(/stopp|drain|bye|closed/i);
});
