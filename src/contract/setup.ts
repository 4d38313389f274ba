// The first administrator.
import * as z from 'zod/mini';
import { defineEndpoint } from './endpoint.ts';
import { email, password, transport, username } from './fields.ts';
import { sessionAnswer } from './sessions.ts';

export const setUp = defineEndpoint({
  name: 'setUp',
  method: 'POST',
  path: '/api/setup',
  tag: 'Set-up',
  summary: 'Make the first administrator',
  description:
    'Takes the one-time secret of the set-up link (printed by the server, valid for 30 minutes), makes an administrator and signs in. The secret is useless afterwards.',
  access: 'credential',
  quota: 'setup',
  body: z.strictObject({
    secret: z.string().check(z.minLength(1), z.maxLength(128)),
    username,
    email,
    password,
    transport,
  }),
  answers: { 201: sessionAnswer },
  problems: ['invalid-setup-secret', 'username-taken', 'email-taken', 'cross-site-request', 'busy'],
});

export const setupEndpoints = [setUp] as const;
