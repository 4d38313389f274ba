// Two replicas on one database: whoever is asked, and however many at once, a session has one successor or none.
import { expect, it } from 'vitest';
import { describeEachApplication } from '../../testing/start-application.ts';
import {
  call,
  createFrozenClock,
  GOOD_PASSWORD,
  signIn,
  OTHER_PASSWORD,
  readEvents,
  refreshBy,
  refusal,
  signUp,
  startReplicas,
  whoAmI,
} from '../../testing/personas.ts';

const times = <T>(count: number, act: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => act(index));

describeEachApplication('two replicas', ({ start }) => {
  it('RE-18, SE-05 make exactly one successor of a token that is used fifty times at once, and sign nobody out', async () => {
    const replicas = await startReplicas(start, { clock: createFrozenClock() });
    const [app, other] = replicas;
    let { refreshToken } = await signUp(app, 'ada');
    for (let round = 1; round <= 5; round += 1) {
      const answers = await Promise.all(times(50, (index) => refreshBy(replicas[index % 2] ?? app, refreshToken)));
      expect(answers.map(({ status }) => status)).toEqual(times(50, () => 200));
      const successors = new Set(answers.map(({ body }) => String(body['refreshToken'])));
      expect(successors.size, `round ${round}`).toBe(1);
      expect(successors).not.toContain(refreshToken);
      [refreshToken] = [...successors] as [string];
      const rows = await app.database.read.selectFrom('sessions').select(['counter', 'terminated_at']).execute();
      expect(rows).toEqual([{ counter: round, terminated_at: null }]);
    }
    expect(await readEvents(app, 'authn_token_reuse')).toEqual([]);
    expect(await refreshBy(other, refreshToken)).toMatchObject({ status: 200 });
  });

  it('SE-06 leave no live token of a refresh that met a sign-out', async () => {
    const replicas = await startReplicas(start);
    const [app, other] = replicas;
    await signUp(app, 'ada');
    for (let round = 0; round < 10; round += 1) {
      const ada = await signIn(app, 'ada');
      const acts = times(6, (index) => () => refreshBy(replicas[index % 2] ?? app, ada.refreshToken));
      acts.splice(round % 7, 0, () => call(other, '/api/auth/logout', { body: {}, token: ada.accessToken }));
      const answers = await Promise.all(acts.map((act) => act()));
      expect(answers[round % 7]).toMatchObject({ status: 204 });
      for (const { status, body } of answers.toSpliced(round % 7, 1)) {
        expect([200, 401]).toContain(status);
        if (status !== 200) continue;
        expect(await whoAmI(other, body['accessToken'])).toMatchObject(refusal('invalid-token'));
        expect(await refreshBy(app, body['refreshToken'])).toMatchObject(refusal('invalid-token'));
      }
    }
    const live = app.database.read.selectFrom('sessions').select('id').where('terminated_at', 'is', null);
    expect(await live.execute()).toHaveLength(1); // the one of the sign-up
    expect(await readEvents(app, 'authn_token_reuse')).toEqual([]);
  });

  it.each(['password change', 'disable'])('SE-06 leave no live token of a refresh that met a %s', async (what) => {
    const replicas = await startReplicas(start);
    const [app, other] = replicas;
    await signUp(app, 'ada');
    let password = GOOD_PASSWORD;
    for (let round = 0; round < 4; round += 1) {
      const [ada, elsewhere] = [await signIn(app, 'ada', password), await signIn(other, 'ada', password)];
      const next = `${OTHER_PASSWORD} ${round}`;
      const body = { currentPassword: password, newPassword: next };
      const end =
        what === 'disable'
          ? app.userAdministration.disable('ada', { type: 'system' })
          : call(app, '/api/auth/password', { method: 'PATCH', token: ada.accessToken, body });
      const [, ...answers] = await Promise.all([
        end,
        ...times(6, (index) => refreshBy(replicas[index % 2] ?? app, elsewhere.refreshToken)),
      ]);
      for (const { status, body } of answers) {
        expect([200, 401]).toContain(status);
        if (status !== 200) continue;
        expect(await whoAmI(app, body['accessToken'])).toMatchObject(refusal('invalid-token'));
        expect(await refreshBy(other, body['refreshToken'])).toMatchObject(refusal('invalid-token'));
      }
      expect((await whoAmI(app, ada.accessToken)).status).toBe(what === 'disable' ? 401 : 200);
      if (what === 'disable') await app.userAdministration.enable('ada', { type: 'system' });
      else password = next;
    }
    expect(await readEvents(app, 'authn_token_reuse')).toEqual([]);
  });
});
