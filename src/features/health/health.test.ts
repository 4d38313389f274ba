import { expect, it } from 'vitest';
import { healthPartsOf } from '../../testing/health-parts.ts';
import { call } from '../../testing/personas.ts';
import type { Answer } from '../../testing/personas.ts';
import { exchange } from '../../testing/raw-http.ts';
import { describeEachApplication } from '../../testing/start-application.ts';

const UNTOLD = ['version', 'parts', 'database', 'sqlite', 'postgres', 'migrations', '0.0.0-test', 'process'];

/** A bare status: nothing that tells an attacker what to look for. */
function expectBare({ body }: Answer, status: 'ok' | 'failed'): void {
  expect(body).toEqual({ status });
  for (const word of UNTOLD) expect(JSON.stringify(body)).not.toContain(word);
}

describeEachApplication('health', ({ start, name }) => {
  it('DP-04 is ready once it has been prepared, not before, and not while it stops; it lives all the time', async () => {
    const app = await start({ prepare: false });
    const check = async (path: string) => {
      const answer = await call(app, path);
      expectBare(answer, answer.status === 200 ? 'ok' : 'failed');
      expect(answer.headers.get('cache-control')).toBe('no-store');
      return answer.status;
    };
    expect([await check('/livez'), await check('/readyz')]).toEqual([200, 503]);
    expect(healthPartsOf(await call(app, '/readyz?verbose'))).toEqual({
      process: { status: 'failed', detail: 'is starting' },
      [`database (${name})`]: { status: 'ok' },
      migrations: { status: 'ok' },
      proxy: { status: 'ok' },
    });
    await app.prepare();
    expect([await check('/livez'), await check('/readyz')]).toEqual([200, 200]);
    app.drain();
    expect([await check('/livez'), await check('/readyz')]).toEqual([200, 503]);
    await app.prepare();
    expect(await check('/readyz'), 'what stops does not start again').toBe(503);
  });

  it('DP-04 a database that is away is no reason to restart the process', async () => {
    const app = await start();
    await app.database.close();
    expect(await call(app, '/livez')).toMatchObject({ status: 200 });
    expectBare(await call(app, '/readyz'), 'failed');
    const verbose = await call(app, '/readyz?verbose');
    expect(verbose.status).toBe(503);
    expect(healthPartsOf(verbose)).toMatchObject({
      process: { status: 'ok' },
      [`database (${name})`]: { status: 'failed', detail: 'does not answer' },
      migrations: { status: 'failed' },
      proxy: { status: 'ok' },
    });
    // Not why: a driver's message names hosts, files and roles.
    expect(JSON.stringify(verbose.body)).not.toMatch(/closed|pool|connection|file:|postgres:\/\//);
  });

  it('HT-13 parts and version are told on this machine only', async () => {
    const app = await start();
    for (const query of ['?verbose', '?verbose=1', '?verbose=true']) {
      expect(await call(app, `/livez${query}`)).toMatchObject({
        status: 200,
        body: { status: 'ok', version: '0.0.0-test' },
      });
      const told = await call(app, `/readyz${query}`);
      expect(told).toMatchObject({ status: 200, body: { version: '0.0.0-test' } });
      const names = ['process', `database (${name})`, 'migrations', 'proxy'];
      expect(Object.keys(healthPartsOf(told)).toSorted()).toEqual(names.toSorted());
      for (const path of ['/livez', '/readyz']) {
        const elsewhere = { 'X-Forwarded-For': '203.0.113.9' };
        expectBare(await call(app, path + query, { headers: elsewhere }), 'ok');
        expectBare(await call(app, path + query, { headers: { 'X-Forwarded-For': '127.0.0.1, 203.0.113.9' } }), 'ok');
      }
    }
    expectBare(await call(app, '/readyz'), 'ok');
  });

  it('answers HEAD, as some load balancers ask', async () => {
    const app = await start();
    expect(await exchange(app.url, 'HEAD /readyz')).toMatchObject({ status: 200, body: '' });
    app.drain();
    expect(await exchange(app.url, 'HEAD /readyz')).toMatchObject({ status: 503, body: '' });
  });
});
