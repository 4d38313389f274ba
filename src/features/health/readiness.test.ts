import { expect, it, vi } from 'vitest';
import { call } from '../../testing/personas.ts';
import type { Answer } from '../../testing/personas.ts';
import { describeEachApplication } from '../../testing/start-application.ts';
import type { TestApplication } from '../../testing/start-application.ts';
import { until } from '../../testing/until.ts';

const ask = (app: TestApplication, stranger: number): Promise<Answer> =>
  call(app, '/readyz', { headers: { 'X-Forwarded-For': `203.0.113.${stranger}` } });

/** Stands still, however long the test takes. */
function createStoppedClock(): TestApplication['clock'] {
  let at = Date.now();
  return { now: () => at, advance: (milliseconds) => void (at += milliseconds) };
}

describeEachApplication('readiness that many ask for', ({ start }) => {
  it('DP-04 RL-11 a crowd of strangers costs the database one look a second', async () => {
    const app = await start({ clock: createStoppedClock() });
    const ping = vi.spyOn(app.database, 'ping');
    const migrations = vi.spyOn(app.database, 'pendingMigrations');
    const askAll = () => Promise.all(Array.from({ length: 100 }, (_, index) => ask(app, index)));
    for (let second = 1; second <= 3; second += 1) {
      for (let round = 0; round < 2; round += 1)
        expect(new Set((await askAll()).map(({ status }) => status))).toEqual(new Set([200]));
      expect([ping, migrations].map(({ mock }) => mock.calls.length)).toEqual([second, second]);
      app.clock.advance(1_000);
    }
  });

  it('DP-04 a database that takes its time is asked once, however long a crowd waits for it', async () => {
    const app = await start({ clock: createStoppedClock() });
    const slow = Promise.withResolvers<void>();
    const ping = vi.spyOn(app.database, 'ping').mockImplementation(() => slow.promise);
    const first = ask(app, 1);
    await until(() => ping.mock.calls.length === 1);
    app.clock.advance(5_000);
    const later = [ask(app, 2), ask(app, 3)];
    await call(app, '/livez');
    await call(app, '/livez');
    expect(ping).toHaveBeenCalledOnce();
    slow.resolve();
    for (const { status } of await Promise.all([first, ...later])) expect(status).toBe(200);
    expect((await ask(app, 4)).status).toBe(200);
    expect(ping, 'what was asked for five seconds ago is old').toHaveBeenCalledTimes(2);
  });

  it('DP-04 a database that has gone is noticed after a second, and one that is back as well', async () => {
    const app = await start({ clock: createStoppedClock() });
    expect((await ask(app, 1)).status).toBe(200);
    const ping = vi.spyOn(app.database, 'ping').mockRejectedValue(new Error('gone'));
    app.clock.advance(999);
    expect((await ask(app, 2)).status, 'not yet a second').toBe(200);
    app.clock.advance(1);
    expect((await ask(app, 3)).status).toBe(503);
    ping.mockRestore();
    app.clock.advance(1_000);
    expect((await ask(app, 4)).status).toBe(200);
    app.clock.advance(-60_000);
    vi.spyOn(app.database, 'ping').mockRejectedValue(new Error('gone'));
    expect((await ask(app, 5)).status, 'a clock that was set back keeps no answer').toBe(503);
  });

  it('DP-04 that the process is ready, or stops, is told at once, whatever was said a moment before', async () => {
    const app = await start({ prepare: false });
    const pending = vi.spyOn(app.database, 'pendingMigrations').mockResolvedValueOnce(['0009-not-yet']);
    expect((await call(app, '/readyz?verbose')).body['parts']).toMatchObject([
      { name: 'process', status: 'failed' },
      {},
      { name: 'migrations', status: 'failed', detail: 'not applied: 0009-not-yet' },
      {},
    ]);
    pending.mockRestore();
    await app.prepare();
    expect((await ask(app, 1)).status).toBe(200);
    app.drain();
    expect((await ask(app, 2)).status).toBe(503);
  });
});
