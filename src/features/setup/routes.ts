import { setUp } from '#contract/setup.ts';
import { answer, route } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import type { SignIn } from '../auth/index.ts';
import type { SetupLinks } from './links.ts';

interface Parts {
  signIn: SignIn;
  prove: SetupLinks['prove'];
}

export function createSetupRoutes({ signIn, prove }: Parts): Route[] {
  return [
    route(setUp, async ({ body: { secret, transport, ...who }, context: origin, cookies }) =>
      answer(201, await signIn({ transport, cookies, origin }, () => prove(secret, who, origin))),
    ),
  ];
}
