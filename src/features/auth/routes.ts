import { assessPassword, changePassword } from '#contract/passwords.ts';
import { Problem } from '#contract/problem.ts';
import { getMe, logOut, refresh } from '#contract/sessions.ts';
import { getSignInOptions, logIn, register } from '#contract/sign-in.ts';
import type { UserPrincipal } from '../../http/principal.ts';
import { answer, route } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import type { Sessions } from '../sessions/index.ts';
import type { createChangePassword } from './change-password.ts';
import type { KnownDevices } from './device-cookie.ts';
import type { PasswordRules } from './password-rules.ts';
import { carriesSession, clearSession, readSession, writeSession } from './session-cookie.ts';
import { answerTo } from './sign-in.ts';
import type { SignIn } from './sign-in.ts';
import type { createSignOut } from './sign-out.ts';
import type { NewAccounts } from './ways/new-account.ts';
import type { createPasswordWay } from './ways/password.ts';

interface Parts {
  signIn: SignIn;
  newAccounts: NewAccounts;
  byPassword: ReturnType<typeof createPasswordWay>;
  signOut: ReturnType<typeof createSignOut>;
  changePassword: ReturnType<typeof createChangePassword>;
  sessions: Sessions;
  rules: PasswordRules;
  devices: KnownDevices;
  /** What `GET /api/auth/options` says beside whether the first administrator is missing. */
  options: { signUp: 'open' | 'invite' | 'closed'; password: { minLength: number; maxBytes: number } };
  hasAdministrator: () => Promise<boolean>;
}

function createSignInRoutes({ signIn, newAccounts, byPassword, options }: Parts): Route[] {
  return [
    route(register, async ({ body: { transport, ...who }, context: origin, cookies }) => {
      const given = await signIn({ transport, cookies, origin }, async () => {
        if (options.signUp !== 'open')
          throw new Problem('sign-up-closed', { detail: 'Ask an administrator for an account.' });
        return await newAccounts.prove(who, { roles: ['user'] });
      });
      return answer(201, given);
    }),
    route(logIn, async ({ body: { transport, ...credentials }, context: origin, cookies }) => {
      const visit = { transport, cookies, origin };
      return answer(200, await signIn(visit, (browser) => byPassword(credentials, visit, browser)));
    }),
  ];
}

const noSession = (): Problem => new Problem('invalid-token', { detail: 'There is no session to renew. Sign in.' });

/** A token in the body and one in the cookie: nobody could say which of them was meant. */
const twoTokens = (): Problem =>
  new Problem('invalid-input', {
    errors: [{ pointer: '/refreshToken', detail: 'Send the refresh token in the body or in the cookie, not both.' }],
  });

function createSessionRoutes({ sessions, signOut }: Parts): Route[] {
  return [
    route(refresh, async ({ body: { refreshToken }, context, cookies: door }) => {
      if (refreshToken !== undefined) {
        if (carriesSession(door)) throw twoTokens();
        return answer(200, answerTo(await sessions.refresh(refreshToken, 'token', context)));
      }
      const cookies = door.open();
      const token = readSession(cookies);
      if (token === undefined) throw noSession();
      const issued = await sessions.refresh(token, 'cookie', context);
      writeSession(cookies, issued);
      return answer(200, answerTo(issued));
    }),
    route(logOut, async ({ principal, context, cookies: door }) => {
      if (principal.kind !== 'anonymous' || !carriesSession(door)) {
        const transport = await signOut.byPrincipal(principal, context);
        const cookies = transport === 'cookie' ? door.openBeside() : undefined;
        if (cookies !== undefined) clearSession(cookies);
        return answer(204);
      }
      const cookies = door.open();
      await signOut.byRefreshToken(readSession(cookies) ?? '', context);
      clearSession(cookies);
      return answer(204);
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

function createAccountRoutes({ changePassword: change, devices, rules, options, hasAdministrator }: Parts): Route[] {
  const describe = createDescribe();
  return [
    route(getMe, async ({ principal }) => answer(200, describe(principal))),
    route(changePassword, async ({ principal, body, context, cookies: door }) => {
      await change(principal, body, context);
      const cookies = door.openBeside();
      if (cookies !== undefined) devices.renew(cookies, principal.user.id);
      return answer(204);
    }),
    route(getSignInOptions, async () => answer(200, { ...options, setupRequired: !(await hasAdministrator()) })),
    route(assessPassword, async ({ body }) => answer(200, await rules.assess(body.password, body))),
  ];
}

export function createAuthRoutes(parts: Parts): Route[] {
  return [...createSignInRoutes(parts), ...createSessionRoutes(parts), ...createAccountRoutes(parts)];
}
