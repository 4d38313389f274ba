// The public half of the keys that sign access tokens (RFC 7517).
import * as z from 'zod/mini';
import { defineEndpoint } from './endpoint.ts';

export const publicJwk = z
  .object({
    kid: z.string(),
    kty: z.literal('EC'),
    crv: z.literal('P-256'),
    x: z.string(),
    y: z.string(),
    alg: z.literal('ES256'),
    use: z.literal('sig'),
  })
  .register(z.globalRegistry, { id: 'PublicKey' });

export type PublicJwk = z.output<typeof publicJwk>;

export const getJwks = defineEndpoint({
  name: 'getJwks',
  method: 'GET',
  path: '/.well-known/jwks.json',
  tag: 'Sign-in',
  summary: 'Keys that verify access tokens',
  description:
    'A JSON Web Key Set (RFC 7517) with the current key, the next one, and those whose tokens have not run out.',
  access: 'public',
  quota: 'general',
  answers: { 200: z.object({ keys: z.array(publicJwk) }) },
  problems: [],
});

export const signingKeyEndpoints = [getJwks] as const;
