import { setUp } from '#contract/setup.ts';
import { answer, route } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import type { findReplaced, sessionAnswer } from '../auth/index.ts';
import type { Sessions } from '../sessions/index.ts';
import type { Setup } from './setup.ts';

interface Parts {
  setup: Setup;
  sessions: Sessions;
  findReplaced: typeof findReplaced;
  sessionAnswer: typeof sessionAnswer;
}

export function createSetupRoutes({ setup, sessions, findReplaced, sessionAnswer }: Parts): Route[] {
  return [
    route(setUp, async ({ body: { secret, ...who }, context, cookies, assertSameOrigin }) => {
      if (who.transport === 'cookie') assertSameOrigin();
      const replaced = await findReplaced(sessions, who.transport, cookies);
      const given = sessionAnswer(await setup.complete(secret, who, context, replaced));
      return answer(201, given.body, given.headers);
    }),
  ];
}
