// The first administrator: no default credential, but a secret that works once, for half an hour.
import type { Auth } from '../auth/index.ts';
import type { Feature } from '../feature.ts';
import { createFirstAdministrator } from './first-administrator.ts';
import type { AdministratorParts, FirstAdministrator } from './first-administrator.ts';
import { createSetupLinks } from './links.ts';
import type { LinkParts, SetupLinks } from './links.ts';
import { createSetupRoutes } from './routes.ts';

export { describeSetupLink } from './announcement.ts';
export { FirstAdministratorError } from './first-administrator.ts';
export type { Prepared } from './first-administrator.ts';

export interface Setup extends Feature, Pick<SetupLinks, 'createLink'> {
  administrator: FirstAdministrator;
}

type Parts = Omit<LinkParts & AdministratorParts, 'newAccounts'> & { auth: Auth };

export function createSetup({ auth, ...parts }: Parts): Setup {
  const { signIn, newAccounts } = auth;
  const links = createSetupLinks({ ...parts, newAccounts });
  return {
    createLink: links.createLink,
    administrator: createFirstAdministrator({ ...parts, newAccounts }, links),
    routes: createSetupRoutes({ signIn, prove: links.prove }),
  };
}
