// Who administers an installation at its start: the configured one, or whoever opens the set-up link.
import { Problem } from '#contract/problem.ts';
import type { Setup } from './setup.ts';
import type { Users } from '../users/index.ts';
import { canonicalEmailAddress, EMAIL_RULE } from '../../security/email-address.ts';
import { canonicalUsername, USERNAME_RULE } from '../../security/username.ts';

/** Whom the operator has configured, as the environment says it. */
interface Configured {
  email: string;
  username: string;
  password: string;
}

interface Parts {
  configured: Configured | undefined;
  /** Whether this process is the one that makes links. */
  makesLinks: boolean;
  setup: Setup;
  users: Pick<Users, 'hasAdministrator'>;
}

export interface Prepared {
  setupLink: string | undefined;
  /** There is none, and the link is for somebody else to make. */
  lacksAdministrator: boolean;
}

/** Thrown where ADMIN_* name somebody who cannot be made an administrator: the operator's to mend. */
export class FirstAdministratorError extends Error {
  override readonly name = 'FirstAdministratorError';

  constructor({ detail, message, errors = [] }: Problem) {
    const faults = errors.map(
      ({ pointer, detail: fault }) => `\n  - ${environmentNames[pointer] ?? pointer}: ${fault}`,
    );
    super(`the first administrator cannot be made: ${detail ?? message}${faults.join('')}`);
  }
}

const environmentNames: Record<string, string> = {
  '/username': 'ADMIN_USERNAME',
  '/email': 'ADMIN_EMAIL',
  '/password': 'ADMIN_PASSWORD',
};

/**
 * A link is made where the database is: of several servers that start at once, each would make the others' worthless.
 * @throws FirstAdministratorError
 */
export async function findAdministrator({ configured, makesLinks, setup, users }: Parts): Promise<Prepared> {
  if (configured !== undefined)
    await createConfigured(configured, setup).catch((error: unknown) => {
      throw error instanceof Problem && error.status < 500 ? new FirstAdministratorError(error) : error;
    });
  else if (makesLinks) return { setupLink: await setup.createLink('first-administrator'), lacksAdministrator: false };
  return { setupLink: undefined, lacksAdministrator: !(await users.hasAdministrator()) };
}

async function createConfigured(who: Configured, setup: Setup): Promise<void> {
  const username = canonicalUsername(who.username);
  const email = canonicalEmailAddress(who.email);
  if (username === undefined)
    throw new Problem('invalid-input', { errors: [{ pointer: '/username', detail: USERNAME_RULE }] });
  if (email === undefined) throw new Problem('invalid-input', { errors: [{ pointer: '/email', detail: EMAIL_RULE }] });
  await setup.createFirstAdministrator({ username, email, password: who.password });
}
