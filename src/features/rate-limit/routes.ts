import * as contract from '#contract/limits.ts';
import { answer, route } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import type { Principal } from '../../http/principal.ts';
import type { Actor } from '../audit/index.ts';
import type { Limits } from './limits.ts';

const actorOf = (principal: Principal): Actor =>
  principal.kind === 'user' ? { type: 'user', id: principal.user.id } : { type: 'system' };

export function createLimitRoutes(limits: Limits): Route[] {
  return [
    route(contract.getLimits, async () => answer(200, limits.overview())),
    route(contract.listLimitConsumers, async ({ query }) =>
      answer(200, { consumers: await limits.consumers(query.count) }),
    ),
    route(contract.listBlocked, async ({ query }) => answer(200, await limits.blocked(query.count))),
    route(contract.getLimitStanding, async ({ query }) => answer(200, { quotas: await limits.standing(query) })),
    route(contract.releaseLimits, async ({ body, principal }) =>
      answer(200, await limits.release(body, actorOf(principal))),
    ),
    route(contract.explainRefusal, async ({ params }) => answer(200, await limits.explain(params.requestId))),
    route(contract.listRehearsals, async () => answer(200, { rehearsals: await limits.rehearsals() })),
  ];
}
