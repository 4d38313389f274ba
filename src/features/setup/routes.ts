import { setUp } from '#contract/setup.ts';
import { answer, route } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import type { sessionAnswer } from '../auth/index.ts';
import type { Setup } from './setup.ts';

export function createSetupRoutes(parts: { setup: Setup; sessionAnswer: typeof sessionAnswer }): Route[] {
  return [
    route(setUp, async ({ body: { secret, ...who }, context, assertSameOrigin }) => {
      if (who.transport === 'cookie') assertSameOrigin();
      const given = parts.sessionAnswer(await parts.setup.complete(secret, who, context));
      return answer(201, given.body, given.headers);
    }),
  ];
}
