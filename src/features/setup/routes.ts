import { setUp } from '#contract/setup.ts';
import { answer, route } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import type { findReplaced, KnownDevices } from '../auth/index.ts';
import type { Sessions } from '../sessions/index.ts';
import type { Setup } from './setup.ts';

interface Parts {
  setup: Setup;
  sessions: Sessions;
  findReplaced: typeof findReplaced;
  devices: KnownDevices;
}

export function createSetupRoutes({ setup, sessions, findReplaced, devices }: Parts): Route[] {
  return [
    route(setUp, async ({ body: { secret, ...who }, context, cookies, assertSameOrigin }) => {
      if (who.transport === 'cookie') assertSameOrigin();
      const replaced = await findReplaced(sessions, who.transport, cookies);
      const given = devices.signInAnswer(await setup.complete(secret, who, context, replaced), cookies);
      return answer(201, given.body, given.headers);
    }),
  ];
}
