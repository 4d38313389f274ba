import { v7 as uuidv7 } from 'uuid';
import { Problem } from '#contract/problem.ts';
import type { Database } from '../../database/open.ts';
import type { Origin } from '../../http/principal.ts';
import { randomToken, sha256Hex } from '../../security/random-token.ts';
import type { Audit } from '../audit/index.ts';
import type { Auth, Registration } from '../auth/index.ts';
import type { Issued } from '../sessions/index.ts';
import type { Users } from '../users/index.ts';
import { consumeSecret, deleteSecrets, findUsableSecret, hasUsableSecret, insertSecret } from './store.ts';
import type { SetupPurpose } from './store.ts';

const SETUP_SECRET_MINUTES = 30;

export interface Setup {
  /**
   * Makes a new link, and earlier ones worthless. `recovery` makes one although there is an administrator.
   * Undefined where an administrator exists and none was asked to be recovered.
   */
  createLink(purpose: SetupPurpose): Promise<string | undefined>;
  /** Whether a link was made that can still be used. Its secret is known to whoever read it then, and to nobody here. */
  hasUsableLink(): Promise<boolean>;
  /** @throws Problem `invalid-setup-secret`, and what a registration can be refused for */
  complete(secret: string, who: Registration, origin: Origin, replacedSid?: string): Promise<Issued>;
  /** For a start that was given the administrator; false where there is one already. */
  createFirstAdministrator(who: Omit<Registration, 'transport'>): Promise<boolean>;
}

interface Parts {
  database: Database;
  auth: Pick<Auth, 'createAccount' | 'createAccountUnattended'>;
  users: Users;
  audit: Audit;
  publicUrl: string;
  /** How the operator's command is called. */
  command: string;
  now: () => number;
  /** The link is of no use any more. */
  onUsed: () => void;
}

function createFirstAdministrator(auth: Parts['auth'], users: Users): Setup['createFirstAdministrator'] {
  return async (who) => {
    const exists = new Error('there is an administrator');
    if (await users.hasAdministrator()) return false;
    try {
      await auth.createAccountUnattended(who, {
        roles: ['admin'],
        condition: async (tx) => {
          await users.lockAdministrators(tx);
          if (await users.hasAdministrator(tx.query)) throw exists;
        },
      });
      return true;
    } catch (error) {
      if (error === exists) return false;
      throw error;
    }
  };
}

export function createSetup({ database, auth, users, audit, publicUrl, command, now, onUsed }: Parts): Setup {
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
        return `${publicUrl}/setup#secret=${secret}`;
      }),
    hasUsableLink: () => hasUsableSecret(database.read, now()),
    async complete(secret, who, origin, replacedSid) {
      const secretHash = sha256Hex(secret);
      // Before the password is hashed: a stranger with a made-up secret costs us one indexed read.
      if ((await findUsableSecret(database.read, secretHash, now())) === undefined) throw invalid();
      return await auth.createAccount(who, origin, {
        roles: ['admin'],
        replacedSid,
        condition: async (tx) => {
          await users.lockAdministrators(tx);
          const used = await consumeSecret(tx.query, secretHash, now());
          if (used === undefined) throw invalid();
          if (used.purpose === 'first-administrator' && (await users.hasAdministrator(tx.query))) throw invalid();
          tx.afterCommit(onUsed);
        },
        completed: (tx, userId) =>
          audit.record(tx, {
            name: 'setup_completed',
            actor: { type: 'user', id: userId },
            target: { type: 'user', id: userId },
            origin,
          }),
      });
    },
    createFirstAdministrator: createFirstAdministrator(auth, users),
  };
}
