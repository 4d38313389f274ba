import * as contract from '#contract/auth.ts';
import { Problem } from '#contract/problem.ts';
import { answer, route } from '../../http/route.ts';
import type { UserPrincipal } from '../../http/principal.ts';
import type { Route } from '../../http/route.ts';
import type { Sessions } from '../sessions/index.ts';
import type { UserRow } from '../users/index.ts';
import type { Auth } from './auth.ts';
import type { KnownDevices } from './device-cookie.ts';
import { contextOf } from './password-rules.ts';
import type { PasswordRules } from './password-rules.ts';
import { clearedSessionCookie, findReplaced, readSessionCookie, sessionAnswer } from './session-cookie.ts';

interface Parts {
  auth: Auth;
  sessions: Sessions;
  rules: PasswordRules;
  devices: KnownDevices;
  /** What `GET /api/auth/options` says beside whether the first administrator is missing. */
  options: { signUp: 'open' | 'invite' | 'closed'; password: { minLength: number; maxBytes: number } };
  hasAdministrator: () => Promise<boolean>;
}

/** A token in the body and one in the cookie: nobody could say which of them was meant. */
function assertOneTransport(refreshToken: string | undefined, cookie: string | undefined): void {
  if (refreshToken === undefined || cookie === undefined) return;
  throw new Problem('invalid-input', {
    errors: [{ pointer: '/refreshToken', detail: 'Send the refresh token in the body or in the cookie, not both.' }],
  });
}

const noToken = (): Problem => new Problem('invalid-token', { detail: 'There is no session to renew. Sign in.' });

function createSignInRoutes({ auth, sessions, devices }: Parts): Route[] {
  return [
    route(contract.register, async ({ body, context, cookies, assertSameOrigin }) => {
      if (body.transport === 'cookie') assertSameOrigin();
      const replaced = await findReplaced(sessions, body.transport, cookies);
      const given = devices.signInAnswer(await auth.register(body, context, replaced), cookies);
      return answer(201, given.body, given.headers);
    }),
    route(contract.logIn, async ({ body, context, cookies, assertSameOrigin }) => {
      if (body.transport === 'cookie') assertSameOrigin();
      const browser = {
        findReplacedSid: () => findReplaced(sessions, body.transport, cookies),
        deviceOf: (user: UserRow) => (body.transport === 'cookie' ? devices.find(cookies, user) : undefined),
      };
      const given = devices.signInAnswer(await auth.logIn(body, context, browser), cookies);
      return answer(200, given.body, given.headers);
    }),
    route(contract.refresh, async ({ body, context, cookies, assertSameOrigin }) => {
      const cookie = readSessionCookie(cookies);
      assertOneTransport(body.refreshToken, cookie);
      if (body.refreshToken === undefined) assertSameOrigin();
      const token = body.refreshToken ?? cookie;
      if (token === undefined) throw noToken();
      const transport = body.refreshToken === undefined ? 'cookie' : 'token';
      const given = sessionAnswer(await sessions.refresh(token, transport, context));
      return answer(200, given.body, given.headers);
    }),
    route(contract.logOut, async ({ principal, context, cookies, assertSameOrigin }) => {
      const cookie = readSessionCookie(cookies);
      if (principal.kind !== 'anonymous' || cookie === undefined) {
        const transport = await auth.logOut.byPrincipal(principal, context);
        return answer(204, undefined, transport === 'cookie' ? clearedSessionCookie() : {});
      }
      assertSameOrigin();
      await auth.logOut.byRefreshToken(cookie, context);
      return answer(204, undefined, clearedSessionCookie());
    }),
  ];
}

/** One frozen answer for each principal: while the session's cache holds it, the answer is the same. */
function createDescribe() {
  const described = new WeakMap<UserPrincipal, ReturnType<typeof describe>>();
  const describe = ({ user, session, permissions }: UserPrincipal) =>
    Object.freeze({ user, session, permissions: [...permissions] });
  return (principal: UserPrincipal) => {
    const known = described.get(principal) ?? describe(principal);
    described.set(principal, known);
    return known;
  };
}

function createAccountRoutes({ auth, devices, rules, options, hasAdministrator }: Parts): Route[] {
  const describe = createDescribe();
  return [
    route(contract.getMe, async ({ principal }) => answer(200, describe(principal))),
    route(contract.changePassword, async ({ principal, body, context, cookies }) => {
      await auth.changePassword(principal, body, context);
      return answer(204, undefined, devices.renew(cookies, principal.user.id));
    }),
    route(contract.getSignInOptions, async () =>
      answer(200, { ...options, setupRequired: !(await hasAdministrator()) }),
    ),
    route(contract.assessPassword, async ({ body }) => answer(200, await rules.assess(body.password, contextOf(body)))),
  ];
}

export function createAuthRoutes(parts: Parts): Route[] {
  return [...createSignInRoutes(parts), ...createAccountRoutes(parts)];
}
