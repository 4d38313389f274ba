// The proxy's own log, and how much of it one address can have.
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { docker } from './docker.ts';
import { expectProblem } from './headers.ts';
import { sendBytes } from './http.ts';
import type { Answer } from './http.ts';
import { useProxy, wish } from './proxy.ts';
import { until } from './wait.ts';

const proxy = useProxy({ label: 'log', env: (stack) => ({ TRUSTED_PROXIES: stack.gateway }) });

/** Its lines about requests; each must be JSON. */
async function lines(): Promise<Record<string, unknown>[]> {
  const text = await proxy.stack.logs('proxy');
  const written = text.split('\n').filter((line) => line.startsWith('{'));
  return written.map((line) => JSON.parse(line) as Record<string, unknown>);
}

const linesAbout = async (word: string): Promise<Record<string, unknown>[]> =>
  (await lines()).filter((line) => JSON.stringify(line).includes(word));

test('LO-01 one line a request, with the id that the answer carries, and the client apart from the peer', async () => {
  const answer = await proxy.send('POST /api/log-one?x=1', { body: '{}', fields: ['X-Forwarded-For: 198.51.100.7'] });
  const [line, ...more] = await until('its line', async () => {
    const found = await linesAbout('/api/log-one');
    return found.length > 0 && found;
  });
  expect(more).toEqual([]);
  expect(line).toMatchObject({
    requestId: answer.header('x-request-id'),
    address: '198.51.100.7',
    peer: proxy.stack.gateway,
    method: 'POST',
    path: '/api/log-one',
    status: 200,
    upstreamStatus: '200',
  });
  expect(Date.parse(String(line?.['time']))).toBeGreaterThan(Date.now() - 600_000);
});

test('LO-03 no query, no credential, no cookie, no referrer in it', async () => {
  const secrets = [
    'Authorization: Bearer s3cret-a',
    'Cookie: s=s3cret-b',
    'Referer: http://x/?s3cret-c',
    'User-Agent: s3cret-d',
  ];
  for (const target of ['/api/x?token=s3cret-e', '/page?token=s3cret-f', '/none.txt?s3cret-g', '/api/y??s3cret-h'])
    await proxy.send(`GET ${target}`, { fields: [...secrets, 'X-Api-Key: s3cret-i'] });
  await proxy.send('GET /api/x?s3cret-j', { fields: ['Host: other.example'] });
  await proxy.send('GET /api/last');
  await until('the last line', async () => (await linesAbout('/api/last')).length === 1);
  expect(await proxy.stack.logs('proxy')).not.toContain('s3cret');
});

test('LO-04 nothing in a request makes a second line or another field', async () => {
  const forged = '","status":999,"x":"';
  await sendBytes(proxy.port, `GET /forged${forged}\\ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  await sendBytes(proxy.port, `GET /forged/\xff\xfe\x80 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  await sendBytes(proxy.port, `GET /forged%0a{"status":999} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  await sendBytes(proxy.port, `GET /forged\x1b[31m\x01 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  await sendBytes(
    proxy.port,
    'GET /x HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: "}\\,{"forged":1\r\nConnection: close\r\n\r\n',
  );
  await proxy.send('GET /api/after-forged');
  await until('the last line', async () => (await linesAbout('/api/after-forged')).length === 1);
  const all = await lines();
  expect(all.filter((line) => line['status'] === 999 || 'x' in line || 'forged' in line)).toEqual([]);
  expect(new Set(all.map((line) => Object.keys(line).join())).size).toBe(1);
});

test('LO-01 a request that cannot be read has its line; health checks have none', async () => {
  await sendBytes(proxy.port, 'GET /api/unreadable HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n');
  await proxy.send('GET /livez');
  await proxy.send('GET /readyz');
  const [line] = await until('its line', async () => {
    const found = await linesAbout('/api/unreadable');
    return found.length > 0 && found;
  });
  expect(line).toMatchObject({ status: 400, path: '/api/unreadable' });
  expect(await linesAbout('livez')).toEqual([]);
  expect(await linesAbout('readyz')).toEqual([]);
});

test('HT-12 200 requests of one address at once, and the next one is told to come back; another address is not', async () => {
  const from = (address: string): string => `X-Forwarded-For: ${address}`;
  const held = Array.from({ length: 200 }, () =>
    proxy.send('GET /api/many', { fields: [wish({ act: 'hold' }), from('198.51.100.1')] }),
  );
  const answers = Promise.allSettled(held);
  await until('all are held', async () => (await proxy.stack.logs('backend')).split('held /api/many').length === 201);
  const ask = (address: string): Promise<Answer> => proxy.send('GET /api/x', { fields: [from(address)] });
  const refused = await ask('198.51.100.1');
  expectProblem(refused, 'busy', { https: false, instance: '/api/x' });
  expect(Number(refused.header('retry-after'))).toBeGreaterThan(0);
  expect((await ask('198.51.100.2')).status).toBe(200);

  const [container = ''] = await proxy.stack.containers('backend');
  await docker(['kill', '--signal', 'SIGUSR2', container]);
  const statuses = (await answers).map((each) =>
    each.status === 'fulfilled' ? each.value.status : String(each.reason),
  );
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
  expect((await ask('198.51.100.1')).status).toBe(200);
});

test('HT-12 a connection that says nothing holds none of these places', async () => {
  const sockets = Array.from({ length: 220 }, () => connect(proxy.port, '127.0.0.1').on('error', () => {}));
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
  expect((await proxy.send('GET /api/x')).status).toBe(200);
  for (const socket of sockets) socket.destroy();
});
