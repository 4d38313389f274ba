// Who administers an installation at its start: whoever is configured, or whoever opens the set-up link.
import { Problem } from '#contract/problem.ts';
import { canonicalEmailAddress, EMAIL_RULE } from '../../security/email-address.ts';
import { canonicalUsername, USERNAME_RULE } from '../../security/username.ts';
import type { Auth, NewAccount } from '../auth/index.ts';
import type { Users } from '../users/index.ts';
import type { SetupLinks } from './links.ts';

/** Whom the operator has configured, as the environment says it. */
interface ConfiguredAdministrator {
  email: string;
  username: string;
  password: string;
}

export interface AdministratorParts {
  configured: ConfiguredAdministrator | undefined;
  /** A link is made where the database is: of several servers that start at once, each would make the others' worthless. */
  makesLinks: boolean;
  newAccounts: Auth['newAccounts'];
  users: Users;
}

export interface Prepared {
  setupLink: string | undefined;
  /** There is none, and the link is for somebody else to make. */
  lacksAdministrator: boolean;
}

export interface FirstAdministrator {
  /**
   * At a start: the configured one is made, or a link.
   * @throws FirstAdministratorError
   */
  find(): Promise<Prepared>;
  /**
   * For whoever prepares the database for others: the link, unless there is an administrator, or one is configured. One that was
   * made before and can still be used stays good: preparing again must not void what somebody is about to open.
   */
  createFirstLink(): Promise<{ link?: string; isStillGood: boolean }>;
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

function readConfigured({ username: name, email: address, password }: ConfiguredAdministrator): NewAccount {
  const username = canonicalUsername(name);
  const email = canonicalEmailAddress(address);
  if (username === undefined)
    throw new Problem('invalid-input', { errors: [{ pointer: '/username', detail: USERNAME_RULE }] });
  if (email === undefined) throw new Problem('invalid-input', { errors: [{ pointer: '/email', detail: EMAIL_RULE }] });
  return { username, email, password };
}

async function createConfigured(configured: ConfiguredAdministrator, parts: AdministratorParts): Promise<void> {
  const { newAccounts, users } = parts;
  if (await users.hasAdministrator()) return;
  const exists = new Error('there is an administrator');
  try {
    await newAccounts.createUnattended(readConfigured(configured), {
      roles: ['admin'],
      condition: async (tx) => {
        await users.lockAdministrators(tx);
        if (await users.hasAdministrator(tx.query)) throw exists;
      },
    });
  } catch (error) {
    if (error === exists) return;
    throw error instanceof Problem && error.status < 500 ? new FirstAdministratorError(error) : error;
  }
}

export function createFirstAdministrator(
  parts: AdministratorParts,
  { createLink, hasUsableLink }: SetupLinks,
): FirstAdministrator {
  const { configured, makesLinks, users } = parts;
  return {
    async find() {
      if (configured !== undefined) await createConfigured(configured, parts);
      else if (makesLinks) return { setupLink: await createLink('first-administrator'), lacksAdministrator: false };
      return { setupLink: undefined, lacksAdministrator: !(await users.hasAdministrator()) };
    },
    async createFirstLink() {
      if (configured !== undefined || (await users.hasAdministrator())) return { isStillGood: false };
      if (await hasUsableLink()) return { isStillGood: true };
      const link = await createLink('first-administrator');
      return { isStillGood: false, ...(link !== undefined && { link }) };
    },
  };
}
