// The list of all endpoints: what is not here does not exist.
import { getApiReference, getOpenApi } from './api-docs.ts';
import { assessPassword, changePassword, getMe, getSignInOptions, logIn, logOut, refresh, register } from './auth.ts';
import type { Endpoint } from './endpoint.ts';
import { getLiveness, getReadiness } from './health.ts';
import {
  explainRefusal,
  getLimits,
  getLimitStanding,
  listBlocked,
  listLimitConsumers,
  listRehearsals,
  releaseLimits,
} from './limits.ts';
import { listProxyFindings } from './proxy.ts';
import { listRoles } from './roles.ts';
import { setUp } from './setup.ts';
import { getJwks } from './signing-keys.ts';

export const endpoints = [
  getLiveness,
  getReadiness,
  register,
  logIn,
  refresh,
  logOut,
  getMe,
  changePassword,
  getSignInOptions,
  assessPassword,
  setUp,
  listRoles,
  getLimits,
  listLimitConsumers,
  listBlocked,
  getLimitStanding,
  releaseLimits,
  explainRefusal,
  listRehearsals,
  listProxyFindings,
  getJwks,
  getOpenApi,
  getApiReference,
] as const satisfies readonly Endpoint[];
