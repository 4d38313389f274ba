// The operator's command calls the running server: whoever holds APP_SECRET, on the same machine, and may look at limits and release them.
import type { CredentialReader } from '../../http/credential.ts';
import type { OperatorPrincipal } from '../../http/principal.ts';
import type { SecretRing } from '../../security/app-secret.ts';
import { isGenuineOperatorToken, isOperatorToken } from '../../security/operator-token.ts';
import type { Feature } from '../feature.ts';

const principal: OperatorPrincipal = { kind: 'operator', permissions: new Set(['limits:read', 'limits:update']) };

/** Who releases others must not be refused with them. */
const countedAs = { kind: 'nobody' } as const;

/** The secret alone must not open the installation to the network: what came from elsewhere is no operator. */
export function createOperator({ secrets, now }: { secrets: SecretRing; now: () => number }): Feature {
  const readOperatorToken: CredentialReader = ({ bearerToken: token, isLocal }) => {
    if (token === undefined || !isOperatorToken(token)) return undefined;
    if (!isLocal() || !isGenuineOperatorToken(secrets, token, now())) return 'invalid';
    return { countedAs, findPrincipal: () => principal };
  };
  return { credentials: [readOperatorToken] };
}
