import type { Express } from 'express';
import { expect, it } from 'vitest';
import type { Endpoint } from '#contract/endpoint.ts';
import { endpoints } from '#contract/index.ts';
import { builtInRoles, permissionsOf } from '#contract/permissions.ts';
import type { Permission } from '#contract/permissions.ts';
import { databaseState } from '../testing/database-state.ts';
import { call, signIn, setUpAdministrator, signUp } from '../testing/personas.ts';
import type { Answer } from '../testing/personas.ts';
import { describeEachApplication } from '../testing/start-application.ts';
import type { TestApplication } from '../testing/start-application.ts';

const all: readonly Endpoint[] = endpoints;
const callers = ['anonymous', 'guest', 'user', 'other user', 'admin'] as const;
type Asking = (typeof callers)[number];

const permissionsOfAsking: Record<Asking, ReadonlySet<Permission>> = {
  anonymous: new Set(),
  guest: permissionsOf(['guest']),
  user: permissionsOf(['user']),
  'other user': permissionsOf(['user']),
  admin: permissionsOf(['admin']),
};

type Verdict = 'allowed' | 401 | 403;

/** From `access` alone: a new endpoint is covered by itself. */
function expectedVerdict({ access }: Endpoint, caller: Asking, apiDocs: 'public' | 'signed-in'): Verdict {
  if (access === 'public' || access === 'credential') return 'allowed';
  if (access === 'configured' && apiDocs === 'public') return 'allowed';
  if (caller === 'anonymous') return 401;
  return typeof access === 'string' || permissionsOfAsking[caller].has(access.permission) ? 'allowed' : 403;
}

/** The gate opened if what answered stands behind it: the check of the input, or the rule itself. */
function verdictOf(endpoint: Endpoint, { status, body }: Answer): Verdict {
  const refusal = String(body['type']).replace('urn:gatehouse:problem:', '');
  if (endpoint.access !== 'credential' && refusal === 'invalid-token') return 401;
  if (refusal === 'forbidden') return 403;
  expect(status, `${endpoint.name}: a status that the table knows`).toBeLessThan(500);
  expect(status).not.toBe(404);
  return 'allowed';
}

async function startWithCallers(start: () => Promise<TestApplication>) {
  const app = await start();
  const admin = await setUpAdministrator(app);
  const user = await signUp(app, 'ada');
  const other = await signUp(app, 'bob');
  await signUp(app, 'gus');
  await app.userAdministration.setRoles('gus', ['guest'], { type: 'user', id: admin.user.id });
  const guest = await signIn(app, 'gus');
  const tokens: Record<Asking, string | undefined> = {
    anonymous: undefined,
    guest: guest.accessToken,
    user: user.accessToken,
    'other user': other.accessToken,
    admin: admin.accessToken,
  };
  return { app, tokens };
}

/** A body that no endpoint takes: who gets as far as its check got through the gate, and nothing happens. */
const poke = (app: TestApplication, { method, path }: Endpoint, token: string | undefined): Promise<Answer> =>
  call(app, path, { method, token, ...(method !== 'GET' && { body: { unheardOf: true } }) });

describeEachApplication('access', ({ start }) => {
  it.each(['public', 'signed-in'] as const)(
    'AZ-01 AZ-12 each endpoint lets in whom its access names, and nobody else (API_DOCS=%s)',
    async (apiDocs) => {
      const { app, tokens } = await startWithCallers(() => start({ config: { apiDocs } }));
      const before = await databaseState(app);
      const table: Record<string, Verdict> = {};
      const expected: Record<string, Verdict> = {};
      for (const endpoint of all)
        for (const caller of callers) {
          const cell = `${endpoint.method} ${endpoint.path} as ${caller}`;
          table[cell] = verdictOf(endpoint, await poke(app, endpoint, tokens[caller]));
          // The page of the reference is public: it asks for the document, which is not.
          const isPage = endpoint.name === 'getApiReference';
          expected[cell] = expectedVerdict(endpoint, caller, isPage ? 'public' : apiDocs);
        }
      expect(table).toEqual(expected);
      expect(Object.keys(table)).toHaveLength(endpoints.length * callers.length);
      expect(await databaseState(app), 'looking changes nothing').toEqual(before);
    },
  );

  it('AZ-11 the guest role is read-only, and says so', async () => {
    const { app, tokens } = await startWithCallers(() => start());
    expect(builtInRoles.guest.permissions.filter((name) => !name.endsWith(':read'))).toEqual([]);
    const me = await call(app, '/api/auth/me', { token: tokens.guest });
    expect(me.body).toMatchObject({ user: { roles: ['guest'] }, permissions: [...builtInRoles.guest.permissions] });
  });

  it('AZ-11 with ANONYMOUS_ACCESS=guest a stranger is a guest, and is still told to sign in', async () => {
    const app = await start({ config: { anonymousAccess: 'guest' } });
    for (const endpoint of all) {
      const verdict = verdictOf(endpoint, await poke(app, endpoint, undefined));
      const { access } = endpoint;
      const open = typeof access === 'object' && permissionsOf(['guest']).has(access.permission);
      expect(verdict, endpoint.name).toBe(open ? 'allowed' : expectedVerdict(endpoint, 'anonymous', 'public'));
    }
  });

  it('AZ-01 a demoted administrator and a disabled one are refused with the token they have', async () => {
    const { app, tokens } = await startWithCallers(() => start());
    const system = { type: 'system' } as const;
    await app.userAdministration.setRoles('ada', ['admin'], system);
    expect(await call(app, '/api/roles', { token: tokens.user })).toMatchObject({ status: 200 });
    await app.userAdministration.setRoles('ada', ['user'], system);
    expect(await call(app, '/api/roles', { token: tokens.user })).toMatchObject({ status: 403 });
    await app.userAdministration.disable('bob', system);
    expect(await call(app, '/api/auth/me', { token: tokens['other user'] })).toMatchObject({ status: 401 });
  });

  it('AZ-05 no answer holds a hash, a salt, a secret or a key, on any endpoint, for anyone', async () => {
    const { app, tokens } = await startWithCallers(() => start());
    const { read } = app.database;
    const stored = [
      ...(await read.selectFrom('users').select('password_hash').execute()).map((row) => row.password_hash),
      ...(await read.selectFrom('sessions').select('salt').execute()).map((row) => row.salt),
      ...(await read.selectFrom('signing_keys').select('private_key_sealed').execute()).map(
        (row) => row.private_key_sealed,
      ),
      ...(await read.selectFrom('setup_secrets').select('secret_hash').execute()).map((row) => row.secret_hash),
      app.config.appSecret,
    ];
    expect(stored.length).toBeGreaterThan(10);
    for (const endpoint of all)
      for (const caller of callers) {
        const text = JSON.stringify((await poke(app, endpoint, tokens[caller])).body);
        for (const secret of stored) expect(text).not.toContain(secret);
        expect(text).not.toMatch(/"(?:password_?hash|salt|private_?key|d|secret_?hash|email_?canonical|counter)":/i);
      }
  });
});

interface Layer {
  name: string;
  route?: { path: string; methods: Record<string, boolean> };
}

describeEachApplication('the running router', ({ start }) => {
  it('AZ-01 has a route for each endpoint of the contract, and none beside them', async () => {
    const app = await start();
    const { stack } = (app.handler as Express).router as unknown as { stack: Layer[] };
    const routed = stack.flatMap(({ route }) => (route === undefined || '_all' in route.methods ? [] : [route]));
    const found = routed.flatMap(({ path, methods }) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(found.toSorted()).toEqual(all.map(({ method, path }) => `${method} ${path}`).toSorted());
    // What catches the other methods stands on the contract's paths only.
    const catching = stack.flatMap(({ route }) => (route !== undefined && '_all' in route.methods ? [route.path] : []));
    expect(new Set(catching)).toEqual(new Set(all.map(({ path }) => path)));
  });

  it('AZ-01 DP-12 there is nothing beside it, with any method, for an administrator either', async () => {
    const app = await start();
    const { accessToken } = await setUpAdministrator(app);
    for (const path of [
      '/api',
      '/api/debug',
      '/api/admin',
      '/api/users',
      '/api/metrics',
      '/api/v1/auth/me',
      '/.well-known/x',
    ])
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
        const answer = await call(app, path, { method, token: accessToken, ...(method !== 'GET' && { body: {} }) });
        const body = { type: 'urn:gatehouse:problem:not-found', instance: path };
        expect(answer, `${method} ${path}`).toMatchObject({ status: 404, body });
      }
  });
});
