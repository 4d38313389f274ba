// Links that make an administrator: a secret that works once, for half an hour.
import { v7 as uuidv7 } from 'uuid';
import { setupLink } from '#contract/pages.ts';
import { Problem } from '#contract/problem.ts';
import type { Database } from '../../database/open.ts';
import type { Origin } from '../../http/principal.ts';
import { randomToken, sha256Hex } from '../../security/random-token.ts';
import type { Audit } from '../audit/index.ts';
import type { Auth, NewAccount, Proof } from '../auth/index.ts';
import type { Users } from '../users/index.ts';
import { consumeSecret, deleteSecrets, findUsableSecret, hasUsableSecret, insertSecret } from './store.ts';
import type { SetupPurpose } from './store.ts';

const SETUP_SECRET_MINUTES = 30;

export interface SetupLinks {
  /**
   * Makes a new link, and earlier ones worthless. `recovery` makes one although there is an administrator.
   * Undefined where an administrator exists and none was asked to be recovered.
   */
  createLink(purpose: SetupPurpose): Promise<string | undefined>;
  /** Whether a link was made that can still be used. Its secret is known to whoever read it then, and to nobody here. */
  hasUsableLink(): Promise<boolean>;
  /**
   * The way in by a set-up link. @throws Problem `invalid-setup-secret`, and what a sign-up can be refused for
   */
  prove(secret: string, who: NewAccount, origin: Origin): Promise<Proof>;
}

export interface LinkParts {
  database: Database;
  newAccounts: Auth['newAccounts'];
  users: Users;
  audit: Audit;
  publicUrl: string;
  /** How the operator's command is called. */
  command: string;
  now: () => number;
  /** The link is of no use any more. */
  onUsed: () => void;
}

export function createSetupLinks(parts: LinkParts): SetupLinks {
  const { database, newAccounts, users, audit, publicUrl, command, now, onUsed } = parts;
  const invalid = (): Problem =>
    new Problem('invalid-setup-secret', {
      detail: `It was used already, has expired, or is incomplete. Run "${command} admin setup" for a new one.`,
    });
  return {
    createLink: (purpose) =>
      database.transaction(async (tx) => {
        await users.lockAdministrators(tx);
        if (purpose === 'first-administrator' && (await users.hasAdministrator(tx.query))) return undefined;
        const secret = randomToken();
        const id = uuidv7({ msecs: now() });
        await deleteSecrets(tx.query);
        const expiresAt = now() + SETUP_SECRET_MINUTES * 60 * 1000;
        await insertSecret(tx.query, {
          id,
          purpose,
          secret_hash: sha256Hex(secret),
          created_at: now(),
          expires_at: expiresAt,
          used_at: null,
        });
        await audit.record(tx, {
          name: 'setup_link_created',
          actor: { type: 'system' },
          target: { type: 'setup', id },
          details: { purpose },
        });
        return setupLink(publicUrl, secret);
      }),
    hasUsableLink: () => hasUsableSecret(database.read, now()),
    async prove(secret, who, origin) {
      const secretHash = sha256Hex(secret);
      // Before the password is hashed: a stranger with a made-up secret costs us one indexed read.
      if ((await findUsableSecret(database.read, secretHash, now())) === undefined) throw invalid();
      return await newAccounts.prove(who, {
        roles: ['admin'],
        condition: async (tx) => {
          await users.lockAdministrators(tx);
          const used = await consumeSecret(tx.query, secretHash, now());
          if (used === undefined) throw invalid();
          if (used.purpose === 'first-administrator' && (await users.hasAdministrator(tx.query))) throw invalid();
          tx.afterCommit(onUsed);
        },
        completed: async (tx, { id }) => {
          const user = { type: 'user', id } as const;
          await audit.record(tx, { name: 'setup_completed', actor: user, target: user, origin });
        },
      });
    },
  };
}
