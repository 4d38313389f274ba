// Sessions: how they are answered, renewed, looked at and ended.
import * as z from 'zod/mini';
import { defineEndpoint } from './endpoint.ts';
import { id, instant, transport } from './fields.ts';
import { permissions } from './permissions.ts';
import { user } from './users.ts';

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
  body: z.strictObject({}),
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

export const sessionEndpoints = [refresh, logOut, getMe] as const;
