// Passwords: changed, and judged while they are typed.
import * as z from 'zod/mini';
import { defineEndpoint } from './endpoint.ts';
import { password } from './fields.ts';

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

export const passwordEndpoints = [changePassword, assessPassword] as const;
