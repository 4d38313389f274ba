import { randomBytes } from 'node:crypto';
import bcrypt from 'bcrypt';
import pLimit from 'p-limit';
import { isUsablePassword, normalisePassword, PASSWORD_MAX_BYTES, passwordBytes } from './password-limits.ts';

/** What hashes, each call when it is its turn. */
export type Hashing = {
  /** A `$2b$` hash of the configured cost. */
  hash(password: string): Promise<string>;
  /** Whether the password is the stored one. A malformed stored hash is `false` after the same work. */
  verify(password: string, storedHash: string): Promise<boolean>;
  /** The work of `verify` where there is no account or no password: an unknown name must not answer sooner (LG-02). */
  verifyNothing(password: string): Promise<false>;
};

/** Its own three calls take a place for one hash each. */
export type PasswordHasher = Hashing & {
  /**
   * Takes a place in the queue for as long as the act runs, and rejects with `tooBusy()` at once where there is none: before the act
   * has asked or written anything. What the act hashes one after the other finds its place taken already.
   */
  admit<T>(act: (place: Hashing) => Promise<T>): Promise<T>;
  /** Whether the stored hash has another cost or prefix than a new one would have (PW-11). */
  needsRehash(storedHash: string): boolean;
  /** How many bcrypt operations were begun: tests count hashes, they never time them. */
  readonly hashCount: number;
  /** How many of those that have a place are more than can hash at once. */
  pending(): number;
};

export type PasswordHasherOptions = {
  /** bcrypt cost: 2^cost rounds. */
  cost: number;
  /** How many may hash at once; each holds a thread of the libuv pool, which files and DNS need too. */
  concurrency: number;
  /** How many more may wait; further ones are refused at once. */
  queueLimit: number;
  /** Makes the error for a refused call. */
  tooBusy: () => Error;
};

const BCRYPT_HASH = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
const BCRYPT_ALPHABET = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/**
 * bcrypt behind a bounded queue. Every failed comparison costs the work of one hash of the configured cost.
 * All three calls reject with a plain Error for a password that callers should have refused (over 72 bytes, NUL, lone
 * surrogates), and with `tooBusy()` where the queue is full, both before any hash.
 */
export function createPasswordHasher(options: PasswordHasherOptions): PasswordHasher {
  const { cost, concurrency, queueLimit, tooBusy } = options;
  const limit = pLimit(concurrency);
  let admitted = 0;
  let hashCount = 0;

  function compare(password: string, hash: string): Promise<boolean> {
    hashCount += 1;
    return bcrypt.compare(password, hash);
  }

  async function fail(password: string, costPaid?: number): Promise<false> {
    if (costPaid === undefined) await compare(password, dummyHash(cost));
    // An account whose hash is older and cheaper would answer sooner than one that does not exist. What is missing is
    // paid at costs c, c+1 … C-1: 2^c + (2^c + 2^(c+1) + … + 2^(C-1)) = 2^C, the work of one hash of today's cost.
    else for (let paid = costPaid; paid < cost; paid += 1) await compare(password, dummyHash(paid));
    return false;
  }

  async function inTurn<T>(password: string, work: (normalised: string) => Promise<T>): Promise<T> {
    assertHashable(password);
    return await limit(() => work(normalisePassword(password)));
  }

  const place: Hashing = {
    hash: (password) =>
      inTurn(password, (normalised) => {
        hashCount += 1;
        return bcrypt.hash(normalised, cost);
      }),
    verify: (password, storedHash) =>
      inTurn(password, async (normalised) => {
        const storedCost = costOf(storedHash);
        if (storedCost === undefined) return fail(normalised); // bcrypt would say no without any work
        return (await compare(normalised, asBcrypt2b(storedHash))) || fail(normalised, storedCost);
      }),
    verifyNothing: (password) => inTurn(password, (normalised) => fail(normalised)),
  };

  async function admit<T>(act: (place: Hashing) => Promise<T>): Promise<T> {
    if (admitted >= concurrency + queueLimit) throw tooBusy();
    admitted += 1;
    try {
      return await act(place);
    } finally {
      admitted -= 1;
    }
  }

  return {
    admit,
    hash: (password) => admit(({ hash }) => hash(password)),
    verify: (password, storedHash) => admit(({ verify }) => verify(password, storedHash)),
    verifyNothing: (password) => admit(({ verifyNothing }) => verifyNothing(password)),
    needsRehash: (storedHash) => !storedHash.startsWith('$2b$') || costOf(storedHash) !== cost,
    get hashCount() {
      return hashCount;
    },
    pending: () => Math.max(0, admitted - concurrency),
  };
}

function assertHashable(password: string): void {
  if (passwordBytes(password) > PASSWORD_MAX_BYTES) throw new Error('password is over 72 bytes: bcrypt would cut it');
  if (!isUsablePassword(password)) throw new Error('password holds NUL or a lone surrogate');
}

function costOf(hash: string): number | undefined {
  const digits = BCRYPT_HASH.exec(hash)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** `$2y$` (PHP, htpasswd) and `$2a$` are the same function for passwords of 72 bytes, but this bcrypt knows no `$2y$`. */
function asBcrypt2b(hash: string): string {
  return `$2b$${hash.slice(4)}`;
}

/** Looks like a hash, was never one: no password is known for it, and nothing has to be hashed at the start. */
function dummyHash(cost: number): string {
  const saltAndDigest = Array.from(randomBytes(53), (byte) => BCRYPT_ALPHABET.charAt(byte & 63)).join('');
  return `$2b$${String(cost).padStart(2, '0')}$${saltAndDigest}`;
}
