// The list of all endpoints: what is not here does not exist.
import type { Endpoint } from './endpoint.ts';
import { apiDocsEndpoints } from './api-docs.ts';
import { healthEndpoints } from './health.ts';
import { limitEndpoints } from './limits.ts';
import { passwordEndpoints } from './passwords.ts';
import { proxyEndpoints } from './proxy.ts';
import { roleEndpoints } from './roles.ts';
import { sessionEndpoints } from './sessions.ts';
import { setupEndpoints } from './setup.ts';
import { signInEndpoints } from './sign-in.ts';
import { signingKeyEndpoints } from './signing-keys.ts';

export const endpoints = [
  ...healthEndpoints,
  ...signInEndpoints,
  ...sessionEndpoints,
  ...passwordEndpoints,
  ...setupEndpoints,
  ...roleEndpoints,
  ...limitEndpoints,
  ...proxyEndpoints,
  ...signingKeyEndpoints,
  ...apiDocsEndpoints,
] as const satisfies readonly Endpoint[];
