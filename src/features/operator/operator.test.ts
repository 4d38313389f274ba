import { expect, it } from 'vitest';
import type { Endpoint } from '#contract/endpoint.ts';
import { endpoints } from '#contract/index.ts';
import { createSecretRing } from '../../security/app-secret.ts';
import { createOperatorToken } from '../../security/operator-token.ts';
import { call, readEvents, refusal, setUpAdministrator } from '../../testing/personas.ts';
import { describeEachApplication, UNLIMITED } from '../../testing/start-application.ts';
import type { TestApplication } from '../../testing/start-application.ts';

const tokenFor = (app: TestApplication, secret = app.config.appSecret): string =>
  createOperatorToken(createSecretRing(secret), app.clock.now());

describeEachApplication('the operator at the command line', ({ start }) => {
  it('AZ-01 may read and release limits, and nothing else', async () => {
    const app = await start();
    await setUpAdministrator(app);
    for (const { name, method, path, access } of endpoints as readonly Endpoint[]) {
      if (access === 'public' || access === 'credential' || access === 'configured') continue;
      const answer = await call(app, path, {
        method,
        token: tokenFor(app),
        ...(method !== 'GET' && { body: { unheardOf: true } }),
      });
      const mayPass = typeof access === 'object' && access.permission.startsWith('limits:');
      if (mayPass) expect([200, 404, 422], name).toContain(answer.status);
      else expect([401, 403], name).toContain(answer.status);
    }
    const released = await call(app, '/api/limits/releases', { token: tokenFor(app), body: { user: 'root' } });
    expect(released).toMatchObject({ status: 200 });
    expect(await readEvents(app, 'limit_released')).toMatchObject([{ actor_type: 'system', actor_id: null }]);
  });

  it('is not refused with those whom it is to release', async () => {
    const app = await start({ config: { quotas: { ...UNLIMITED, address: { minute: 2 } } } });
    const ask = () => call(app, '/api/auth/options');
    for (const status of [200, 200, 429]) expect((await ask()).status).toBe(status);
    const body = { address: '127.0.0.1' };
    expect(await call(app, '/api/limits/releases', { token: tokenFor(app), body })).toMatchObject({ status: 200 });
    expect((await ask()).status).toBe(200);
  });

  it('is nobody with another secret, from another machine, or after a minute', async () => {
    const app = await start();
    const read = (token: string, headers: Record<string, string> = {}) => call(app, '/api/limits', { token, headers });
    const token = tokenFor(app);
    expect(await read(token)).toMatchObject({ status: 200 });
    expect(await read(tokenFor(app, 'a7Qw9Xe2Rt5Yu8Io1Pl4Kj6Hg3Fd0SzMnBvCxWqE'))).toMatchObject(
      refusal('invalid-token'),
    );
    for (const address of [
      '203.0.113.9',
      '10.0.0.7',
      '203.0.113.9, 10.0.0.7',
      '127.0.0.1, 203.0.113.9',
      '127.0.0.1',
      '::1',
    ])
      expect(await read(token, { 'X-Forwarded-For': address }), address).toMatchObject(refusal('invalid-token'));
    app.clock.advance(60_001);
    expect(await read(token)).toMatchObject(refusal('invalid-token'));
  });
});
