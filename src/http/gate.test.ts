// The gate by itself, where Express is not: a server that answers upgrades, as sockets will need it.
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { Problem } from '#contract/problem.ts';
import type { ProblemName } from '#contract/problem.ts';
import { createClientAddress } from './client-address.ts';
import { createContext } from './context.ts';
import type { RequestContext } from './context.ts';
import type { CredentialReader } from './credential.ts';
import { createGate } from './gate.ts';
import type { GateParts, GateRule } from './gate.ts';
import type { UserPrincipal } from './principal.ts';

const user = (...permissions: string[]): UserPrincipal =>
  ({ kind: 'user', permissions: new Set(permissions) }) as unknown as UserPrincipal;

/** Takes every bearer token, and tells what it was asked. */
function createReader(asked: string[], principal: UserPrincipal | undefined): CredentialReader {
  return ({ bearerToken }) => {
    if (bearerToken === undefined) return undefined;
    asked.push('verify');
    if (bearerToken === 'forged') return 'invalid';
    return {
      countedAs: { kind: 'user', id: bearerToken },
      findPrincipal() {
        asked.push('find');
        return principal;
      },
    };
  };
}

interface Outcome {
  /** 101 where the gate let the upgrade through, or the name of the problem. */
  answer: 101 | ProblemName;
  context: RequestContext;
}

/** Resolves with what one upgrade met. */
async function upgrade(
  parts: Partial<GateParts>,
  rule: GateRule,
  headers: Record<string, string> = {},
): Promise<Outcome> {
  const gate = createGate({
    credentials: [],
    quotas: { count: () => undefined },
    anonymous: { kind: 'anonymous', permissions: new Set() },
    ...parts,
  });
  const outcome = Promise.withResolvers<Outcome>();
  const server = createServer().on('upgrade', (incoming, socket) => {
    socket.on('error', () => {});
    const context = createContext(incoming, createClientAddress(['loopback']));
    void gate
      .pass(context, rule, () => {})
      .then(
        () => outcome.resolve({ answer: 101, context }),
        (error: unknown) =>
          error instanceof Problem ? outcome.resolve({ answer: error.problem, context }) : outcome.reject(error),
      )
      .finally(() => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  request({ port, path: '/api/live?x=1', headers: { Connection: 'Upgrade', Upgrade: 'websocket', ...headers } })
    .on('error', () => {})
    .end();
  return await outcome.promise;
}

const session: GateRule = { access: 'session', quota: 'general' };
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

it('AZ-01 lets an upgrade through whom it would let through by a route, and nobody else', async () => {
  const credentials = (principal?: UserPrincipal) => ({ credentials: [createReader([], principal)] });
  const verdict = async (...given: Parameters<typeof upgrade>) => (await upgrade(...given)).answer;
  expect(await verdict({}, { access: 'public', quota: 'none' })).toBe(101);
  expect(await verdict({}, session)).toBe('invalid-token');
  expect(await verdict(credentials(user()), session, bearer('ada'))).toBe(101);
  expect(await verdict(credentials(user()), session, bearer('forged'))).toBe('invalid-token');
  expect(await verdict(credentials(undefined), session, bearer('ada')), 'a session that has ended').toBe(
    'invalid-token',
  );
  expect(await verdict(credentials(user()), session, { Authorization: 'Basic YTpi' })).toBe('invalid-token');
  const rule: GateRule = { access: { permission: 'audit:read' }, quota: 'general' };
  expect(await verdict(credentials(user('audit:read')), rule, bearer('ada'))).toBe(101);
  expect(await verdict(credentials(user('users:read')), rule, bearer('ada'))).toBe('forbidden');
  expect(await verdict({}, rule)).toBe('invalid-token');
});

it('RL-11 verifies, counts, then finds: what is too much asks no database, what is forged is counted by its address alone', async () => {
  const asked: string[] = [];
  const counted: unknown[] = [];
  const full: GateParts['quotas'] = {
    count(_quota, request) {
      asked.push('count');
      counted.push(request.countedAs);
      throw new Problem('quota-exceeded', { extensions: { 'violated-policies': ['user-minute'] } });
    },
  };
  const parts = { credentials: [createReader(asked, user())], quotas: full };
  expect(await upgrade(parts, session, bearer('ada'))).toMatchObject({ answer: 'quota-exceeded' });
  expect(asked).toEqual(['verify', 'count']);
  await upgrade(parts, session, bearer('forged'));
  expect(counted).toEqual([{ kind: 'user', id: 'ada' }, undefined]);
});

it('asks the readers in their order, and the first that finds its kind decides', async () => {
  const asked: string[] = [];
  const never: CredentialReader = () => {
    asked.push('never');
    return undefined;
  };
  const own: CredentialReader = ({ headers }) => {
    asked.push('own');
    return headers['x-api-key'] === undefined ? undefined : 'invalid';
  };
  const parts = { credentials: [own, createReader(asked, user()), never] };
  expect(await upgrade(parts, session, { ...bearer('ada'), 'X-API-Key': 'gk_1' })).toMatchObject({
    answer: 'invalid-token',
  });
  expect(asked).toEqual(['own']);
});

it('an operator, who counts as nobody, is not counted; a principal is known to the log also where it may not pass', async () => {
  const counted: string[] = [];
  const operator: CredentialReader = () => ({
    countedAs: { kind: 'nobody' },
    findPrincipal: () => ({ kind: 'operator', permissions: new Set() }),
  });
  const quotas: GateParts['quotas'] = {
    count: (quota) => {
      counted.push(quota);
      return undefined;
    },
  };
  const rule: GateRule = { access: { permission: 'audit:read' }, quota: 'general' };
  const { answer, context } = await upgrade({ credentials: [operator], quotas }, rule);
  expect({ answer, counted, who: context.principal?.kind, path: context.path }).toEqual({
    answer: 'forbidden',
    counted: [],
    who: 'operator',
    path: '/api/live',
  });
});
