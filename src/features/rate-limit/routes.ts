import * as contract from '#contract/limits.ts';
import { answer, route } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import type { Origin, Principal } from '../../http/principal.ts';
import type { Limits, Releaser } from './limits.ts';

const releaserOf = (principal: Principal, origin: Origin): Releaser =>
  principal.kind === 'user'
    ? { actor: { type: 'user', id: principal.user.id }, sessionId: principal.session.id, origin }
    : { actor: { type: 'system' }, origin };

export function createLimitRoutes(limits: Limits): Route[] {
  return [
    route(contract.getLimits, async () => answer(200, limits.overview())),
    route(contract.listLimitConsumers, async ({ query }) =>
      answer(200, { consumers: await limits.consumers(query.count) }),
    ),
    route(contract.listBlocked, async ({ query }) => answer(200, await limits.blocked(query.count))),
    route(contract.getLimitStanding, async ({ query }) => answer(200, { quotas: await limits.standing(query) })),
    route(contract.releaseLimits, async ({ body, principal, context }) =>
      answer(200, await limits.release(body, releaserOf(principal, context))),
    ),
    route(contract.explainRefusal, async ({ params }) => answer(200, await limits.explain(params.requestId))),
    route(contract.listRehearsals, async () => answer(200, { rehearsals: await limits.rehearsals() })),
  ];
}
