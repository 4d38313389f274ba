import { getJwks } from '#contract/signing-keys.ts';
import { answer, route } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import type { LoadedKeys } from './loaded-keys.ts';

export function createSigningKeyRoutes(signingKeys: Pick<LoadedKeys, 'refresh' | 'jwks'>): Route[] {
  return [
    route(getJwks, async () => {
      await signingKeys.refresh();
      // Short: a key that was revoked must not be trusted for long by those who keep this answer.
      return answer(200, { keys: signingKeys.jwks() }, { 'Cache-Control': 'public, max-age=300' });
    }),
  ];
}
