import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { json } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { healthPartsOf } from './testing/health-parts.ts';
import { call } from './testing/personas.ts';
import { createHome, credentialsOf, signIn, register } from './testing/start-process.ts';
import type { RunningProcess } from './testing/start-process.ts';

/** Processes start slowly where everything runs at once. */
vi.setConfig({ testTimeout: 60_000 });

/** A sign-in whose headers the server has seen, and whose body it waits for. */
async function beginLogIn({ url }: { url: string }, username: string) {
  const body = JSON.stringify(credentialsOf(username));
  const headers = {
    Expect: '100-continue',
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body)),
  };
  const pending = request(`${url}/api/auth/login`, { method: 'POST', headers, agent: false });
  onTestFinished(() => void pending.destroy());
  const response = once(pending, 'response') as Promise<[IncomingMessage]>;
  response.catch(() => {});
  pending.flushHeaders();
  await once(pending, 'continue');
  return {
    async finish() {
      pending.end(body);
      const [message] = await response;
      return { status: message.statusCode, headers: message.headers, body: (await json(message)) as object };
    },
    failed: () =>
      response.then(
        () => 'answered',
        (error: NodeJS.ErrnoException) => error.code,
      ),
  };
}

/** A connection that has had its answer, and is kept. */
async function openIdle({ url }: { url: string }) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  socket.write('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(String(answer)).toMatch(/^HTTP\/1\.1 200 .*Connection: keep-alive/s);
  return { closed: once(socket.resume(), 'close') };
}

/** Why no new connection can be made. */
async function refusalOf({ url }: { url: string }): Promise<string | undefined> {
  const { hostname, port } = new URL(url);
  const [error] = (await once(connect(Number(port), hostname), 'error')) as [NodeJS.ErrnoException];
  return error.code;
}

const messages = (server: RunningProcess): unknown[] => server.logLines().map(({ msg }) => msg);

/** Throws, or rejects, in the process when it gets SIGUSR2. */
const faulty = (fault: string) => ({
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(`process.on('SIGUSR2', () => { ${fault} })`)}`,
});

describe('SIGTERM', () => {
  it('DP-11 is first of all not ready, and serves on, so that a proxy can send people elsewhere', async () => {
    const server = (await createHome({ DRAIN_DELAY_SECONDS: '2' })).start();
    await server.ready();
    expect((await register(server, 'alice')).status).toBe(201);
    server.kill('SIGTERM');
    await server.printed('"stopping"');
    const readiness = await call(server, '/readyz?verbose');
    expect(readiness).toMatchObject({ status: 503, body: { status: 'failed' } });
    expect(healthPartsOf(readiness)).toMatchObject({
      process: { status: 'failed', detail: 'is stopping' },
      'database (sqlite)': { status: 'ok' },
      migrations: { status: 'ok' },
    });
    expect((await call(server, '/livez')).status).toBe(200);
    const answer = await signIn(server, 'alice');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('connection')).toBe('close');
    expect(await server.ended).toMatchObject({ code: 0 });
    expect(messages(server)).toEqual(['ready', 'request', 'stopping', 'request', 'stopped']);
  });

  it('DP-11 answers what is in flight, closes what is idle, takes nothing new; a second signal does no harm', async () => {
    const server = (await createHome()).start();
    await server.ready();
    expect((await register(server, 'alice')).status).toBe(201);
    const inFlight = await Promise.all([1, 2, 3, 4].map(() => beginLogIn(server, 'alice')));
    const idle = await openIdle(server);
    server.kill('SIGTERM');
    server.kill('SIGINT');
    await idle.closed;
    server.kill('SIGTERM');
    // Reset: it was in the line when the line was closed, an instant after the idle connection.
    expect(['ECONNREFUSED', 'ECONNRESET']).toContain(await refusalOf(server));
    for (const answer of await Promise.all(inFlight.map(({ finish }) => finish())))
      expect(answer).toMatchObject({ status: 200, body: { tokenType: 'Bearer', user: { username: 'alice' } } });
    expect(await server.ended).toMatchObject({ code: 0, signal: null });
    expect(messages(server).filter((message) => message !== 'request')).toEqual(['ready', 'stopping', 'stopped']);
  });

  it('DP-11 does not wait for ever: after DRAIN_SECONDS what still runs is cut, and the log says so', async () => {
    const server = (await createHome({ DRAIN_SECONDS: '1' })).start();
    await server.ready();
    const endless = await beginLogIn(server, 'nobody');
    server.kill('SIGINT');
    expect(await endless.failed()).toBe('ECONNRESET');
    expect(await server.ended).toMatchObject({ code: 0 });
    expect(messages(server)).toContain('requests are still running; their connections are cut');
  });

  it.runIf(existsSync('/dev/full'))('LO-06 DP-11 with the log on a full disk, serves and stops as ever', async () => {
    const full = openSync('/dev/full', 'w');
    const server = (await createHome({ LOG_LEVEL: 'trace' })).start({}, { stdio: ['ignore', full, 'pipe'] });
    closeSync(full);
    await server.ready();
    expect((await register(server, 'alice')).status).toBe(201);
    expect((await signIn(server, 'alice')).status).toBe(200);
    server.kill('SIGTERM');
    expect(await server.ended).toMatchObject({ code: 0 });
  });
});

describe('a fault that nothing caught', () => {
  it.each([
    ['uncaughtException', `throw new Error('boom')`],
    ['unhandledRejection', `void Promise.reject(new Error('boom'))`],
  ])(
    'LO-07 (%s) is logged with its stack; what is in flight is answered, and the process ends with 1',
    async (event, fault) => {
      const server = (await createHome(faulty(fault))).start();
      await server.ready();
      expect((await register(server, 'alice')).status).toBe(201);
      const inFlight = await beginLogIn(server, 'alice');
      server.kill('SIGUSR2');
      await server.printed('"stopping"');
      expect(await inFlight.finish()).toMatchObject({ status: 200 });
      expect(await server.ended).toMatchObject({ code: 1 });
      expect(server.stderr).toContain('gatehouse: stopping after a fault of its own, see the log: boom\n');
      expect(server.logLines().find(({ msg }) => msg === event)).toMatchObject({
        level: 'fatal',
        err: { type: 'Error', message: 'boom', stack: expect.stringContaining('Error: boom\n') as unknown },
      });
      expect(messages(server).at(-1)).toBe('stopped');
    },
  );

  it('LO-07 while it stops changes the exit code, and cuts nothing', async () => {
    const server = (await createHome(faulty(`throw new Error('boom')`))).start();
    await server.ready();
    expect((await register(server, 'alice')).status).toBe(201);
    const inFlight = await beginLogIn(server, 'alice');
    server.kill('SIGTERM');
    await server.printed('"stopping"');
    server.kill('SIGUSR2');
    await server.printed('boom');
    expect(await inFlight.finish()).toMatchObject({ status: 200 });
    expect(await server.ended).toMatchObject({ code: 1 });
  });
});
