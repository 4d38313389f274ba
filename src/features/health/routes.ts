import { getLiveness, getReadiness } from '#contract/health.ts';
import { answer, route } from '../../http/route.ts';
import type { HandlerContext } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import type { HealthChecks } from './checks.ts';

/** Parts and version are for callers on this machine: they tell an attacker what to look for. */
const mayKnowMore = (verbose: string | undefined, context: HandlerContext): boolean =>
  verbose !== undefined && context.isLocal();

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
