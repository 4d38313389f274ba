import bcrypt from 'bcrypt';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createPasswordHasher } from './password-hash.ts';

const PASSWORD = 'correct horse battery staple';

function createHasher(options: { cost?: number; concurrency?: number; queueLimit?: number } = {}) {
  return createPasswordHasher({ cost: 4, concurrency: 2, queueLimit: 8, tooBusy: () => new Error('busy'), ...options });
}

/** The rounds that the hashes given to bcrypt.compare stand for. */
function watchWork() {
  const compare = vi.spyOn(bcrypt, 'compare');
  return () => compare.mock.calls.reduce((rounds, [, hash]) => rounds + 2 ** bcrypt.getRounds(hash), 0);
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('createPasswordHasher', () => {
  it('PW-10 hashes as $2b$ of the configured cost with a new salt each time', async () => {
    const hasher = createHasher({ cost: 5 });
    const [first, second] = await Promise.all([hasher.hash(PASSWORD), hasher.hash(PASSWORD)]);
    expect(first).toMatch(/^\$2b\$05\$/);
    expect(second).not.toBe(first);
    expect(hasher.hashCount).toBe(2);
  });

  it('verifies the right password and no other', async () => {
    const hasher = createHasher();
    const hash = await hasher.hash(PASSWORD);
    expect(await hasher.verify(PASSWORD, hash)).toBe(true);
    expect(await hasher.verify(`${PASSWORD} `, hash)).toBe(false);
    expect(await hasher.verify(PASSWORD.toUpperCase(), hash)).toBe(false);
    expect(await hasher.verify('', hash)).toBe(false);
  });

  it('PW-06 takes composed and decomposed letters as one password', async () => {
    const hasher = createHasher();
    expect(await hasher.verify('cafe\u0301 au lait matin', await hasher.hash('caf\u00E9 au lait matin'))).toBe(true);
  });

  it('PW-04 the last of 72 bytes counts', async () => {
    const hasher = createHasher();
    const hash = await hasher.hash('a'.repeat(72));
    expect(await hasher.verify('a'.repeat(71) + 'b', hash)).toBe(false);
    expect(await hasher.verify('a'.repeat(72), hash)).toBe(true);
  });

  it.each([
    ['73 bytes', 'a'.repeat(73)],
    ['19 emoji', '😀'.repeat(19)],
    ['NUL', `${PASSWORD}\u0000`],
    ['a lone surrogate', `${PASSWORD}\uD800`],
    ['a megabyte', 'a'.repeat(1_048_576)],
  ])('PW-04 PW-05 refuses %s before any hash', async (_what, password) => {
    const hasher = createHasher();
    const hash = await hasher.hash('a'.repeat(72));
    await expect(hasher.hash(password)).rejects.toThrow(/password/);
    await expect(hasher.verify(password, hash)).rejects.toThrow(/password/);
    await expect(hasher.verifyNothing(password)).rejects.toThrow(/password/);
    expect(hasher.hashCount).toBe(1);
  });
});

describe('the same work whatever the account', () => {
  it('LG-02 one hash of the configured cost for a wrong password and for no account', async () => {
    const hasher = createHasher({ cost: 6 });
    const hash = await hasher.hash(PASSWORD);
    const wrong = watchWork();
    expect(await hasher.verify('wrong', hash)).toBe(false);
    expect(wrong()).toBe(2 ** 6);
    vi.restoreAllMocks();
    const nothing = watchWork();
    expect(await hasher.verifyNothing('wrong')).toBe(false);
    expect(nothing()).toBe(2 ** 6);
    expect(hasher.hashCount).toBe(3);
  });

  it.each([4, 5, 6, 7])(
    'LG-02 a stored hash of cost %d costs a stranger as much as one of cost 7',
    async (storedCost) => {
      const hasher = createHasher({ cost: 7 });
      const hash = await bcrypt.hash(PASSWORD, storedCost);
      const work = watchWork();
      expect(await hasher.verify('wrong', hash)).toBe(false);
      expect(work()).toBe(2 ** 7);
    },
  );

  it('LG-02 a malformed stored hash is false after the same work, not at once', async () => {
    const hasher = createHasher({ cost: 6 });
    for (const stored of ['', 'x', '$2b$06$short', `$2b$06$${'!'.repeat(53)}`, '$argon2id$v=19$m=1,t=1,p=1$a$b']) {
      vi.restoreAllMocks();
      const work = watchWork();
      expect(await hasher.verify(PASSWORD, stored)).toBe(false);
      expect(work()).toBe(2 ** 6);
    }
  });

  it('LG-02 the dummy hash is a real hash to bcrypt, and matches nothing', async () => {
    const compare = vi.spyOn(bcrypt, 'compare');
    await createHasher().verifyNothing(PASSWORD);
    const dummy = String(compare.mock.calls[0]?.[1]);
    expect(dummy).toMatch(/^\$2b\$04\$[./A-Za-z0-9]{53}$/);
    // Only a well-formed salt is hashed with: bcrypt gives back the same 29 characters (save two unused bits).
    expect((await bcrypt.hash(PASSWORD, dummy.slice(0, 29))).slice(0, 28)).toBe(dummy.slice(0, 28));
  });

  it('a good password is not topped up', async () => {
    const hasher = createHasher({ cost: 6 });
    expect(await hasher.verify(PASSWORD, await bcrypt.hash(PASSWORD, 4))).toBe(true);
    expect(hasher.hashCount).toBe(1);
  });
});

describe('hashes from elsewhere', () => {
  it.each(['$2y$', '$2a$', '$2b$'])('PW-11 verifies a %s hash', async (prefix) => {
    const hasher = createHasher();
    const hash = prefix + (await hasher.hash(PASSWORD)).slice(4);
    expect(await hasher.verify(PASSWORD, hash)).toBe(true);
    expect(await hasher.verify('wrong', hash)).toBe(false);
    expect(hasher.needsRehash(hash)).toBe(prefix !== '$2b$');
  });

  it('PW-11 asks for a new hash where the cost differs or nothing can be read', async () => {
    const hasher = createHasher({ cost: 5 });
    expect(hasher.needsRehash(await bcrypt.hash(PASSWORD, 4))).toBe(true);
    expect(hasher.needsRehash(await bcrypt.hash(PASSWORD, 6))).toBe(true);
    expect(hasher.needsRehash('')).toBe(true);
    expect(hasher.needsRehash(await hasher.hash(PASSWORD))).toBe(false);
  });
});

describe('the queue', () => {
  it('PW-12 runs no more at once than allowed, refuses at once beyond the queue, and recovers', async () => {
    const finish: ((same: boolean) => void)[] = [];
    const held = () => new Promise<boolean>((resolve) => finish.push(resolve));
    // oxlint-disable-next-line typescript/no-misused-promises -- of the two overloads vitest sees the callback's
    vi.spyOn(bcrypt, 'compare').mockImplementation(held as typeof bcrypt.compare);
    const hasher = createHasher({ concurrency: 2, queueLimit: 3 });
    const accepted = Array.from({ length: 5 }, () => hasher.verifyNothing(PASSWORD));
    await expect(hasher.verifyNothing(PASSWORD)).rejects.toThrow('busy');
    await expect(hasher.hash(PASSWORD)).rejects.toThrow('busy');
    expect(finish).toHaveLength(2);
    expect([hasher.hashCount, hasher.pending()]).toEqual([2, 3]);

    while (hasher.hashCount < 5) {
      finish.shift()?.(false);
      await vi.waitFor(() => expect(finish).toHaveLength(2));
    }
    for (const end of finish) end(false);
    expect(await Promise.all(accepted)).toEqual([false, false, false, false, false]);
    expect(hasher.pending()).toBe(0);
    vi.restoreAllMocks();
    expect(await hasher.verifyNothing(PASSWORD)).toBe(false);
  });

  it('PW-12 gives a place for a whole act, or refuses it before it has begun', async () => {
    const hasher = createHasher({ concurrency: 1, queueLimit: 0 });
    const finish = Promise.withResolvers<void>();
    const hash = await bcrypt.hash(PASSWORD, 4);
    const admitted = hasher.admit(async (place) => {
      await finish.promise;
      // More than one, within the one place that there is.
      return [await place.verify(PASSWORD, hash), await place.verifyNothing(PASSWORD), await place.hash(PASSWORD)];
    });
    const act = vi.fn(() => Promise.resolve());
    await expect(hasher.admit(act)).rejects.toThrow('busy');
    await expect(hasher.verify(PASSWORD, hash)).rejects.toThrow('busy');
    expect(act).not.toHaveBeenCalled();
    expect(hasher.hashCount).toBe(0);
    finish.resolve();
    expect(await admitted).toEqual([true, false, expect.stringMatching(/^\$2b\$/)]);
    expect(hasher.hashCount).toBe(3);
    await expect(hasher.admit(() => Promise.reject(new Error('no rule')))).rejects.toThrow('no rule');
    await hasher.admit(act);
    expect(act).toHaveBeenCalledTimes(1);
  });

  it('a fault of bcrypt gives its place back', async () => {
    vi.spyOn(bcrypt, 'compare').mockRejectedValue(new Error('no memory'));
    const hasher = createHasher({ concurrency: 1, queueLimit: 0 });
    for (let round = 0; round < 3; round += 1) {
      await expect(hasher.verifyNothing(PASSWORD)).rejects.toThrow('no memory');
    }
  });
});
