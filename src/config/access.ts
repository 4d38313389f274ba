// Who may come in, and from which sites.
import { z } from 'zod';
import { defineSection, list, variable } from './section.ts';
import type { Basis, Report } from './section.ts';

export interface AccessConfig {
  readonly corsOrigins: readonly string[] | 'any-localhost';
  readonly signUp: 'open' | 'invite' | 'closed';
  readonly anonymousAccess: 'none' | 'guest';
  readonly apiDocs: 'public' | 'signed-in' | 'off';
}

function readOrigins(
  origins: readonly string[] | undefined,
  mode: Basis['mode'],
  report: Report,
): AccessConfig['corsOrigins'] {
  if (origins === undefined || origins.length === 0) {
    if (mode === 'production') report('CORS_ORIGINS is missing: name the origins of your other sites, or say "none".');
    return 'any-localhost';
  }
  if (origins.length === 1 && origins[0] === 'none') return [];
  for (const origin of origins) {
    const url = URL.parse(origin);
    if (origin === '*' || origin === 'null') report(`CORS_ORIGINS: "${origin}" would let any site in; name origins.`);
    else if (url === null || url.origin !== origin || !/^https?:$/.test(url.protocol))
      report(`CORS_ORIGINS: "${origin}" is not an origin such as https://app.example.org.`);
  }
  return origins;
}

export const access = defineSection({
  variables: {
    CORS_ORIGINS: variable(list().optional(), {
      description: 'Origins of other sites whose pages may call the API, with commas; `none` for none.',
      default: 'any localhost origin in local mode, required in production',
    }),
    SIGN_UP: variable(z.enum(['open', 'invite', 'closed'], 'must be open, invite or closed').prefault('open'), {
      description: 'Whether strangers may make an account.',
    }),
    ANONYMOUS_ACCESS: variable(z.enum(['none', 'guest'], 'must be none or guest').prefault('none'), {
      description: 'What a request without credentials acts as.',
    }),
    API_DOCS: variable(z.enum(['public', 'signed-in', 'off'], 'must be public, signed-in or off').optional(), {
      description: 'Who may read `/api/docs` and `/api/openapi.json`.',
      default: '`public` in local mode, `signed-in` in production',
    }),
  },
  read: (values, report, { mode }): AccessConfig => ({
    corsOrigins: readOrigins(values.CORS_ORIGINS, mode, report),
    signUp: values.SIGN_UP,
    anonymousAccess: values.ANONYMOUS_ACCESS,
    apiDocs: values.API_DOCS ?? (mode === 'local' ? 'public' : 'signed-in'),
  }),
});
