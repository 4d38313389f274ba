import { getLiveness, getReadiness } from '#contract/health.ts';
import { answer, route } from '../../http/route.ts';
import type { Route, RouteRequest } from '../../http/route.ts';
import type { HealthChecks } from './checks.ts';

type RequestContext = RouteRequest<typeof getReadiness>['context'];

/**
 * Parts and version are for callers on this machine: they tell an attacker what to look for. What was forwarded is not from here,
 * also where the proxy that did it is on this machine and not trusted, so that everybody has its address.
 */
function mayKnowMore(verbose: string | undefined, { address, proxyChain }: RequestContext): boolean {
  if (verbose === undefined || !(address === '::1' || address.startsWith('127.'))) return false;
  return proxyChain().forwardedBy.length === 0;
}

export function createHealthRoutes(checks: HealthChecks): Route[] {
  return [
    route(getLiveness, async ({ query, context }) => {
      const health = checks.liveness();
      return answer(200, mayKnowMore(query.verbose, context) ? { ...health, version: checks.version } : health);
    }),
    route(getReadiness, async ({ query, context }) => {
      const { status, parts } = await checks.readiness();
      const body = mayKnowMore(query.verbose, context) ? { status, parts, version: checks.version } : { status };
      return status === 'ok' ? answer(200, body) : answer(503, body);
    }),
  ];
}
