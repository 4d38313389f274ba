import { expect, it, vi } from 'vitest';
import type { TestApplication } from '../../testing/start-application.ts';
import { describeEachApplication } from '../../testing/start-application.ts';
import {
  call,
  createFrozenClock,
  signIn,
  readEvents,
  refreshBy,
  refusal,
  signUp,
  startReplicas,
  untilTold,
  whoAmI,
} from '../../testing/personas.ts';

const system = { type: 'system' } as const;
const keysChanged = /^signing-keys$/;

const kidOf = (token: unknown): string =>
  (JSON.parse(Buffer.from(String(token).split('.')[0] ?? '', 'base64url').toString()) as { kid: string }).kid;

const publishedKids = async (app: TestApplication): Promise<string[]> =>
  ((await call(app, '/.well-known/jwks.json')).body['keys'] as { kid: string }[]).map(({ kid }) => kid);

/** The kids of each state. */
async function readStates(app: TestApplication): Promise<Record<string, string[]>> {
  const states: Record<string, string[]> = {};
  for (const { kid, state } of await app.signingKeys.list()) (states[state] ??= []).push(kid);
  return states;
}

describeEachApplication('signing keys', ({ start }) => {
  it('JW-11 rotate without signing anyone out: the next one signs, and was published before; the last one verifies', async () => {
    const [app, other] = await startReplicas(start);
    const ada = await signUp(app, 'ada');
    const first = kidOf(ada.accessToken);
    const [standby = ''] = (await readStates(app))['standby'] ?? [];
    expect(await publishedKids(other)).toEqual(expect.arrayContaining([first, standby]));
    expect(await untilTold(other, keysChanged, () => app.signingKeys.rotate(system))).toBe(standby);
    for (const replica of [other, app]) {
      expect(await whoAmI(replica, ada.accessToken)).toMatchObject({ status: 200 });
      expect(await publishedKids(replica)).toHaveLength(3);
      const signed = await signIn(replica, 'ada');
      expect(kidOf(signed.accessToken)).toBe(standby);
      for (const verifier of [app, other])
        expect(await whoAmI(verifier, signed.accessToken)).toMatchObject({ status: 200 });
    }
    const next = await refreshBy(other, ada.refreshToken);
    expect(kidOf(next.body['accessToken'])).toBe(standby);
    expect(await readStates(app)).toMatchObject({
      current: [standby],
      previous: [first],
      standby: [expect.any(String)],
    });
    expect(await readEvents(app, 'signing_key_rotated')).toMatchObject([
      {
        actor_type: 'system',
        target_type: 'signing-key',
        target_id: standby,
        details: { before: { current: first }, after: { current: standby } },
      },
    ]);
  });

  it('JW-11 stop publishing and trusting the last one when its tokens have run out', async () => {
    const clock = createFrozenClock();
    const app = await start({ clock });
    const ada = await signUp(app, 'ada');
    const first = kidOf(ada.accessToken);
    const second = await app.signingKeys.rotate(system);
    clock.advance(20 * 60_000 - 1);
    expect(await publishedKids(app)).toContain(first);
    // Nothing is read or written in between: the time alone decides.
    clock.advance(1);
    expect(await publishedKids(app)).toEqual(expect.not.arrayContaining([first]));
    expect(app.signingKeys.find(first)).toBeUndefined();
    await app.signingKeys.rotate(system);
    expect(await readStates(app)).toMatchObject({ revoked: [first], previous: [second] });
  });

  it('JW-11 keep one current and one standby key, however many rotate at once', async () => {
    const [app, other] = await startReplicas(start);
    const made = await Promise.all([app, other, app, other, app].map((replica) => replica.signingKeys.rotate(system)));
    expect(new Set(made).size).toBe(5);
    const { current, standby, previous } = await readStates(app);
    expect([current?.length, standby?.length, previous?.length]).toEqual([1, 1, 5]);
    expect(await readEvents(app, 'signing_key_rotated')).toHaveLength(5);
    expect(await readEvents(app, 'signing_key_created')).toHaveLength(7);
  });

  it('revoke one at once, in every replica: its tokens are worthless, sessions go on with another', async () => {
    const [app, other] = await startReplicas(start);
    const ada = await signUp(app, 'ada');
    for (const replica of [app, other, app, other])
      expect(await whoAmI(replica, ada.accessToken)).toMatchObject({ status: 200 });
    const stolen = kidOf(ada.accessToken);
    expect(await untilTold(other, keysChanged, () => app.signingKeys.revoke(stolen, system))).toEqual([stolen]);
    for (const replica of [other, app]) {
      expect(await whoAmI(replica, ada.accessToken)).toMatchObject(refusal('invalid-token'));
      expect(await publishedKids(replica)).toHaveLength(2);
      expect(await publishedKids(replica)).not.toContain(stolen);
      const next = await refreshBy(replica, ada.refreshToken);
      expect(await whoAmI(other, next.body['accessToken'])).toMatchObject({ status: 200 });
    }
    expect(await app.signingKeys.revoke(stolen, system)).toEqual([]);
    expect(await app.signingKeys.revoke('nobody', system)).toEqual([]);
    expect(await readEvents(app, 'signing_key_revoked')).toMatchObject([{ target_id: stolen, actor_type: 'system' }]);
  });

  it('revoke a previous one at once too, in every replica', async () => {
    const [app, other] = await startReplicas(start);
    const ada = await signUp(app, 'ada');
    await untilTold(other, keysChanged, () => app.signingKeys.rotate(system));
    for (const replica of [app, other]) expect(await whoAmI(replica, ada.accessToken)).toMatchObject({ status: 200 });
    const before = await app.signingKeys.list();
    await untilTold(other, keysChanged, () => app.signingKeys.revoke(kidOf(ada.accessToken), system));
    for (const replica of [other, app])
      expect(await whoAmI(replica, ada.accessToken)).toMatchObject(refusal('invalid-token'));
    expect(await app.signingKeys.list()).toHaveLength(before.length);
  });

  // Guards: a replica that nobody had asked with a token since signed with the revoked key, and published it.
  it.each(['log-in', 'refresh', 'sign-up', 'publishing'])(
    'revoke one also for a replica whose next request is a %s',
    async (what) => {
      const [app, other] = await startReplicas(start);
      const ada = await signUp(app, 'ada');
      const stolen = kidOf(ada.accessToken);
      await untilTold(other, keysChanged, () => app.signingKeys.revoke(stolen, system));
      if (what === 'publishing') return expect(await publishedKids(other)).not.toContain(stolen);
      const acts = {
        'log-in': () => signIn(other, 'ada'),
        refresh: async () => (await refreshBy(other, ada.refreshToken)).body,
        'sign-up': () => signUp(other, 'eve'),
      };
      const { accessToken } = await acts[what as keyof typeof acts]();
      expect(kidOf(accessToken)).not.toBe(stolen);
      return expect(await whoAmI(other, accessToken)).toMatchObject({ status: 200 });
    },
  );

  it('revoke the standby key, and have another one at once', async () => {
    const app = await start();
    const ada = await signUp(app, 'ada');
    const [standby = ''] = (await readStates(app))['standby'] ?? [];
    await app.signingKeys.revoke(standby, system);
    const { standby: next, current } = await readStates(app);
    expect([next?.length, current]).toEqual([1, [kidOf(ada.accessToken)]]);
    expect(next).not.toContain(standby);
    expect(await whoAmI(app, ada.accessToken)).toMatchObject({ status: 200 });
  });

  it('are all replaced by a reset, which acts at once in every replica', async () => {
    const [app, other] = await startReplicas(start);
    const ada = await signUp(app, 'ada');
    await app.signingKeys.rotate(system);
    const before = await publishedKids(app);
    expect(before).toHaveLength(3);
    const revoked = await untilTold(other, keysChanged, () => app.signingKeys.reset(system));
    expect(revoked.toSorted()).toEqual(before.toSorted());
    for (const replica of [other, app]) {
      expect(await whoAmI(replica, ada.accessToken)).toMatchObject(refusal('invalid-token'));
      expect((await publishedKids(replica)).filter((kid) => before.includes(kid))).toEqual([]);
    }
    const next = await refreshBy(other, ada.refreshToken);
    expect(await whoAmI(app, next.body['accessToken'])).toMatchObject({ status: 200 });
    expect(await readEvents(app, 'signing_key_revoked')).toHaveLength(3);
  });

  // Guards: while the feed was down, a revoked key went on to be trusted and used.
  it('are read from the database while changes may be missed', async () => {
    const [app, other] = await startReplicas(start);
    const ada = await signUp(app, 'ada');
    const stolen = kidOf(ada.accessToken);
    expect(await whoAmI(other, ada.accessToken)).toMatchObject({ status: 200 });
    // As where the connection is lost: nothing is told, and who asks is told that.
    vi.spyOn(other.database.changes, 'check').mockReturnValue(false);
    await app.signingKeys.revoke(stolen, system);
    expect(await whoAmI(other, ada.accessToken)).toMatchObject(refusal('invalid-token'));
    expect(kidOf((await signIn(other, 'ada')).accessToken)).not.toBe(stolen);
    expect(await publishedKids(other)).not.toContain(stolen);
  });
});
