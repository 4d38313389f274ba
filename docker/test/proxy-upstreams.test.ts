// Servers that die, restart, refuse or break off, and what people behind the proxy see of it.
import { expect, test } from 'vitest';
import { docker } from './docker.ts';
import { expectPageHeaders, expectProblem } from './headers.ts';
import { useProxy, wish } from './proxy.ts';
import { startTraffic } from './traffic.ts';
import { until } from './wait.ts';

const site = { https: false };
const proxy = useProxy({ label: 'upstreams', replicas: 2 });
const replicas = (): Promise<string[]> => proxy.stack.containers('backend');

/** Until the proxy sends requests to that many of them. */
function untilServedBy(count: number): Promise<unknown> {
  return until(`requests go to ${count} servers`, async () => {
    const echoes = await Promise.all(Array.from({ length: 8 }, () => proxy.echo()));
    return new Set(echoes.map(({ name }) => name)).size === count;
  });
}

test('RE-25 a reload under constant load fails no request', async () => {
  const traffic = startTraffic(proxy.port, ['GET /api/x', 'GET /account', 'POST /api/y', 'GET /readyz']);
  for (let turn = 0; turn < 4; turn += 1) {
    const before = traffic.answered();
    // As after a change of nginx.conf: it forgets what Nginx has read.
    const reload = 'rm -f /tmp/gatehouse/loaded && exec sh /etc/gatehouse/replicas.sh reload';
    await proxy.stack.exec('proxy', ['sh', '-c', reload]);
    await until('more answers', async () => traffic.answered() > before + 100);
  }
  const answered = traffic.answered();
  expect(await traffic.stop()).toEqual([]);
  expect(answered).toBeGreaterThan(400);
});

test('RE-25 a server that is killed beside a live one costs no request, neither GET nor POST', async () => {
  await untilServedBy(2);
  const [first = ''] = await replicas();
  const traffic = startTraffic(proxy.port, ['GET /readyz', 'GET /livez'], 2);
  await until('answers', async () => traffic.answered() > 20);
  await docker(['kill', first]);
  // Begun after it is gone: none of them can have been acted upon there.
  const asked = Array.from({ length: 20 }, (_, index) =>
    proxy.send(index % 2 === 0 ? 'POST /api/x' : 'GET /api/x', { body: index % 2 === 0 ? '{}' : '' }),
  );
  expect((await Promise.all(asked)).map(({ status }) => status)).toEqual(asked.map(() => 200));
  expect(await traffic.stop()).toEqual([]);

  await docker(['start', first]);
  await untilServedBy(2);
});

test('RE-25 what a server may have acted upon is not sent to another one', async () => {
  await untilServedBy(2);
  const count = async (): Promise<number> => {
    const seen = new Map<string, number>();
    await until('both have been asked', async () => {
      const echo = await proxy.echo();
      seen.set(echo.name, echo.seen);
      return seen.size === 2;
    });
    return [...seen.values()].reduce((sum, each) => sum + each, 0);
  };
  const logged = async (): Promise<string[]> => {
    const text = await proxy.stack.logs('proxy');
    return text.split('\n').filter((line) => line.includes('"path":"/api/once"'));
  };
  await count();
  const answer = await proxy.send('POST /api/once', { body: '{}', fields: [wish({ act: 'cut' })] });
  expectProblem(answer, 'unavailable', { ...site, instance: '/api/once' });
  const [line, ...more] = await until('its line', async () => {
    const lines = await logged();
    return lines.length > 0 && lines;
  });
  expect(more).toEqual([]);
  // One address: one attempt.
  expect((JSON.parse(line ?? '{}') as { upstream: string }).upstream).toMatch(/^[\d.]+:3000$/);
});

test('RE-25 an answer that breaks off stays broken: nobody takes half of it for the whole', async () => {
  await untilServedBy(2);
  await expect(proxy.send('GET /api/x', { fields: [wish({ act: 'cut-inside' })] })).rejects.toThrow(
    /aborted|hang up|reset/i,
  );
});

test("RE-25 HT-06 a server's own refusals pass as they are", async () => {
  await untilServedBy(2);
  const headers: [string, string][] = [
    ['Retry-After', '17'],
    ['Cache-Control', 'no-cache'],
  ];
  for (const status of [400, 403, 404, 405, 413, 421, 429, 500, 502, 503, 504]) {
    const answer = await proxy.send('GET /api/x', { fields: [wish({ status, headers })] });
    expect(answer.status).toBe(status);
    expect(answer.header('retry-after')).toBe('17');
    expect(answer.header('cache-control')).toBe('no-cache');
    expect(answer.json()).toMatchObject({ target: '/api/x' });
  }
});

test('RE-25 HT-06 with every server gone the API is a problem that says when to come back; pages stay, and it heals itself', async () => {
  await proxy.stack.compose(['stop', '--timeout', '2', 'backend']);
  for (const line of ['GET /api/x', 'POST /api/x', 'GET /readyz', 'GET /.well-known/jwks.json']) {
    const answer = await proxy.send(line);
    expectProblem(answer, 'unavailable', { ...site, instance: line.split(' ')[1] ?? '' });
    expect(Number(answer.header('retry-after'))).toBeGreaterThan(0);
    expect(answer.text).not.toMatch(/172\.|upstream|:3000/);
  }
  expectPageHeaders(await proxy.send('GET /account'), site, 'page');

  await proxy.stack.compose(['start', 'backend']);
  await untilServedBy(2);
});

test('RE-25 with the pages gone the API stays', async () => {
  await proxy.stack.compose(['stop', '--timeout', '2', 'frontend']);
  expectProblem(await proxy.send('GET /account'), 'unavailable', { ...site, instance: '/account' });
  expect((await proxy.echo()).method).toBe('GET');
  await proxy.stack.compose(['start', 'frontend']);
  await until('the pages are back', async () => (await proxy.send('GET /account')).status === 200);
});
