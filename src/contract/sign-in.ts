// The ways in that need no session yet, and what their pages have to know.
import * as z from 'zod/mini';
import { defineEndpoint } from './endpoint.ts';
import { email, identifier, password, transport, username } from './fields.ts';
import { sessionAnswer } from './sessions.ts';

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

export const signInEndpoints = [register, logIn, getSignInOptions] as const;
