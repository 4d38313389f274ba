// The operator's command calls the running server: whoever holds APP_SECRET, on the same machine, and may look at limits and release them.
import type { Authenticate, OperatorPrincipal } from '../../http/principal.ts';
import type { SecretRing } from '../../security/app-secret.ts';
import { isGenuineOperatorToken, isOperatorToken } from '../../security/operator-token.ts';

const principal: OperatorPrincipal = { kind: 'operator', permissions: new Set(['limits:read', 'limits:update']) };

/**
 * The secret alone must not open the installation to the network: what came from elsewhere is no operator.
 * @param otherwise for every other token
 */
export function createOperatorAccess(secrets: SecretRing, now: () => number, otherwise: Authenticate): Authenticate {
  return (token, caller) => {
    if (!isOperatorToken(token)) return otherwise(token, caller);
    if (!caller.isLocal() || !isGenuineOperatorToken(secrets, token, now())) return undefined;
    return { userId: undefined, principal: () => principal };
  };
}
