// Accounts and sign-in: what goes over the wire.
import * as z from 'zod/mini';
import { defineEndpoint } from './endpoint.ts';
import { email, id, identifier, instant, password, transport, username } from './fields.ts';
import { permissions } from './permissions.ts';

export const user = z
  .object({
    id,
    username: z.string(),
    email: z.string(),
    emailVerified: z.boolean(),
    displayName: z.string(),
    roles: z.array(z.string()),
    status: z.enum(['active', 'disabled']),
    createdAt: instant,
  })
  .register(z.globalRegistry, { id: 'User' });

export type User = z.output<typeof user>;

export const session = z
  .object({
    id,
    transport,
    createdAt: instant,
    lastUsedAt: instant,
    idleExpiresAt: instant,
    absoluteExpiresAt: instant,
    address: z.string(),
    userAgent: z.string(),
  })
  .register(z.globalRegistry, { id: 'Session' });

export type Session = z.output<typeof session>;

export const sessionAnswer = z
  .object({
    accessToken: z.string(),
    tokenType: z.literal('Bearer'),
    /** Seconds. */
    expiresIn: z.int(),
    user,
    /** Only with token transport; a browser has it in a cookie that no script can read. */
    refreshToken: z.optional(z.string()),
  })
  .register(z.globalRegistry, { id: 'SessionAnswer' });

export type SessionAnswer = z.output<typeof sessionAnswer>;

const emptyBody = z.strictObject({});

export const register = defineEndpoint({
  name: 'register',
  method: 'POST',
  path: '/api/auth/register',
  tag: 'Sign-in',
  summary: 'Sign up',
  description: 'Makes an account with the role `user` and signs it in.',
  access: 'public',
  quota: 'register',
  body: z.strictObject({ username, email, password, transport }),
  answers: { 201: sessionAnswer },
  problems: ['sign-up-closed', 'username-taken', 'email-taken', 'cross-site-request', 'busy'],
});

export const logIn = defineEndpoint({
  name: 'logIn',
  method: 'POST',
  path: '/api/auth/login',
  tag: 'Sign-in',
  summary: 'Sign in',
  description:
    'Exchanges a user name or e-mail address and a password for a session. An unknown account, a wrong password and a disabled account get the same answer. The fifth failure for an account within 15 minutes, from wherever, and each one after it begin a wait of 30 seconds up to an hour; meanwhile every attempt is refused, unless it comes from a browser that has signed in to the account before.',
  access: 'public',
  quota: 'login',
  body: z.strictObject({ identifier, password, transport }),
  answers: { 200: sessionAnswer },
  problems: ['invalid-credentials', 'throttled', 'cross-site-request', 'busy'],
});

export const refresh = defineEndpoint({
  name: 'refresh',
  method: 'POST',
  path: '/api/auth/refresh',
  tag: 'Sign-in',
  summary: 'Renew the access token',
  description:
    'Rotates the refresh token: each works once. Programs send it in the body; browsers send `{}` and the cookie. An old refresh token ends the session, except for the direct predecessor within 10 seconds, which gets the same successor again.',
  access: 'credential',
  quota: 'refresh',
  body: z.strictObject({ refreshToken: z.optional(z.string().check(z.maxLength(512))) }),
  answers: { 200: sessionAnswer },
  problems: ['invalid-token', 'cross-site-request'],
});

export const logOut = defineEndpoint({
  name: 'logOut',
  method: 'POST',
  path: '/api/auth/logout',
  tag: 'Sign-in',
  summary: 'Sign out',
  description:
    'Terminates this session at the server: its access and refresh tokens are worthless from now on. Programs send their access token; browsers the cookie.',
  access: 'credential',
  quota: 'general',
  body: emptyBody,
  answers: { 204: 'empty' },
  problems: ['invalid-token', 'cross-site-request'],
});

export const getMe = defineEndpoint({
  name: 'getMe',
  method: 'GET',
  path: '/api/auth/me',
  tag: 'Account',
  summary: 'Who am I',
  description: 'The signed-in user, this session, and what the user may do.',
  access: 'session',
  quota: 'general',
  answers: { 200: z.object({ user, session, permissions: z.array(z.enum(permissions)) }) },
  problems: ['invalid-token'],
});

export const changePassword = defineEndpoint({
  name: 'changePassword',
  method: 'PATCH',
  path: '/api/auth/password',
  tag: 'Account',
  summary: 'Change my password',
  description: 'Needs the current password. All other sessions of the account are terminated; this one stays.',
  access: 'session',
  quota: 'password',
  body: z.strictObject({ currentPassword: password, newPassword: password }),
  answers: { 204: 'empty' },
  problems: ['invalid-token', 'busy'],
});

export const getSignInOptions = defineEndpoint({
  name: 'getSignInOptions',
  method: 'GET',
  path: '/api/auth/options',
  tag: 'Sign-in',
  summary: 'What the sign-in pages need to know',
  description:
    'Whether strangers may sign up, the password rules, and whether the first administrator is still missing.',
  access: 'public',
  quota: 'general',
  answers: {
    200: z.object({
      signUp: z.enum(['open', 'invite', 'closed']),
      setupRequired: z.boolean(),
      password: z.object({ minLength: z.int(), maxBytes: z.int() }),
    }),
  },
  problems: [],
});

export const assessPassword = defineEndpoint({
  name: 'assessPassword',
  method: 'POST',
  path: '/api/auth/password-strength',
  tag: 'Sign-in',
  summary: 'How strong is this password',
  description:
    'For the meter beside a password field. Says what registering with it would say; nothing is stored or logged.',
  access: 'public',
  quota: 'general',
  body: z.strictObject({
    password,
    username: z.optional(z.string().check(z.maxLength(128))),
    email: z.optional(z.string().check(z.maxLength(320))),
  }),
  answers: {
    200: z.object({
      /** 0 (guessed at once) to 4 (very strong). */
      score: z.int().check(z.gte(0), z.lte(4)),
      acceptable: z.boolean(),
      refusals: z.array(z.string()),
      suggestions: z.array(z.string()),
    }),
  },
  problems: [],
});
