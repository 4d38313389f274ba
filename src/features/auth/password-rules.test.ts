import { expect, it } from 'vitest';
import type { TestApplication } from '../../testing/start-application.ts';
import { describeEachApplication } from '../../testing/start-application.ts';
import { call, GOOD_PASSWORD, signIn, OTHER_PASSWORD, pointersOf, refusal, signUp } from '../../testing/personas.ts';

let number = 0;

/** Each with a name of its own, so that only the password is at fault. */
async function register(app: TestApplication, password: string) {
  number += 1;
  const username = `quokka${number}`;
  return await call(app, '/api/auth/register', {
    body: { username, email: `${username}@example.org`, password, transport: 'token' },
  });
}

const words = 'plum orbit lizard canvas thunder mosaic pepper glacier violin harvest ';
/** Plain letters and spaces, of exactly so many bytes. */
const phrase = (bytes: number): string => words.slice(0, bytes);

const refused = [
  'qwertyuiopasdfgh',
  'passwordpassword',
  '1234567890123456',
  'aaaaaaaaaaaaaaaaaaaa',
  'iloveyou12345678',
];

describeEachApplication('password rules', ({ start }) => {
  it('PW-01 asks for 15 code points, not bytes or UTF-16 units', async () => {
    const app = await start();
    const short = 'мосткитлунадым'; // 14 letters, 28 bytes
    const fourteenEmoji = '🦊🌵🛶🎻🧭🪁🐙🥁🍋🚲🦉🧊🎈🪴'; // 28 units of UTF-16, 56 bytes
    expect(pointersOf(await register(app, phrase(14)))).toEqual(['/password']);
    expect(pointersOf(await register(app, short))).toEqual(['/password']);
    expect(pointersOf(await register(app, fourteenEmoji))).toEqual(['/password']);
    expect(app.hasher.hashCount).toBe(0);
    expect(await register(app, phrase(15))).toMatchObject({ status: 201 });
    expect(await register(app, `${short}ы`)).toMatchObject({ status: 201 });
    expect(await register(app, `${fourteenEmoji}🛖`)).toMatchObject({ status: 201 });
  });

  it('PW-01 takes fewer where the operator says so, and says what holds', async () => {
    const app = await start({ config: { passwordMinLength: 8 } });
    expect(await call(app, '/api/auth/options')).toMatchObject({ body: { password: { minLength: 8, maxBytes: 72 } } });
    expect(pointersOf(await register(app, 'kv7#xqw'))).toEqual(['/password']);
    expect(await register(app, 'kv7#xqwz')).toMatchObject({ status: 201 });
  });

  it('PW-02, PW-03 takes 64 characters, every printable character, and no mixture is asked for', async () => {
    const app = await start();
    const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('');
    const shuffled = [...printable].map((_, index) => printable.charAt((index * 37) % 95)).join('');
    const passwords = [
      phrase(64),
      'plumorbitlizardcanvas',
      shuffled.slice(0, 48),
      shuffled.slice(47),
      'žába ráno čte noviny',
    ];
    for (const password of passwords) expect(await register(app, password), password).toMatchObject({ status: 201 });
    for (const [index, password] of passwords.entries())
      await signIn(app, `quokka${number - passwords.length + 1 + index}`, password);
  });

  it('PW-04 refuses the 73rd byte in words, hashing nothing, wherever a password comes in', async () => {
    const app = await start();
    const ada = await signUp(app, 'ada', phrase(70) + 'xy');
    const hashes = app.hasher.hashCount;
    const tooLong = phrase(70) + 'xyz';
    const answers = [
      await register(app, tooLong),
      await register(app, 'ü'.repeat(37)),
      await call(app, '/api/auth/login', { body: { identifier: 'ada', password: tooLong, transport: 'token' } }),
      ...(await Promise.all(
        [
          { currentPassword: tooLong, newPassword: OTHER_PASSWORD },
          { currentPassword: ada.password, newPassword: tooLong },
        ].map((body) => call(app, '/api/auth/password', { method: 'PATCH', token: ada.accessToken, body })),
      )),
    ];
    expect(answers.map((answer) => pointersOf(answer)).flat()).toEqual([
      '/password',
      '/password',
      '/password',
      '/currentPassword',
      '/newPassword',
    ]);
    for (const { body } of answers) expect(JSON.stringify(body)).toContain('at most 72 bytes');
    expect(app.hasher.hashCount).toBe(hashes);
    // Every byte counts: the same but for the last one is another password.
    const almost = { identifier: 'ada', password: phrase(70) + 'xz', transport: 'token' };
    expect(await call(app, '/api/auth/login', { body: almost })).toMatchObject(refusal('invalid-credentials'));
    await signIn(app, 'ada', ada.password);
  });

  it('PW-05 never hashes a password of a megabyte', async () => {
    const app = await start();
    expect(await register(app, 'x'.repeat(1_048_576))).toMatchObject(refusal('content-too-large'));
    expect(pointersOf(await register(app, 'x'.repeat(8_000)))).toEqual(['/password']);
    expect(app.hasher.hashCount).toBe(0);
  });

  it('PW-06 trims nothing, keeps the case, and takes either form of an accented letter', async () => {
    const app = await start();
    const password = ' Ätna  raucht über dem Hafen ';
    const ada = await signUp(app, 'ada', password.normalize('NFD'));
    await signIn(app, 'ada', password.normalize('NFC'));
    for (const other of [
      password.trim(),
      password.toLowerCase(),
      password.replace('  ', ' '),
      password.replace('Ä', 'A'),
    ]) {
      const body = { identifier: 'ada', password: other, transport: 'token' };
      expect(await call(app, '/api/auth/login', { body }), other).toMatchObject(refusal('invalid-credentials'));
    }
    const change = { currentPassword: password.normalize('NFC'), newPassword: password.normalize('NFD') };
    const same = await call(app, '/api/auth/password', { method: 'PATCH', token: ada.accessToken, body: change });
    expect(pointersOf(same)).toEqual(['/newPassword']);
  });

  it('PW-07 refuses common ones, runs and repeats at sign-up, change and set-up', async () => {
    const app = await start();
    const ada = await signUp(app, 'ada');
    const root = { username: 'root', email: 'root@example.org', transport: 'token' };
    const setUp = (password: string) =>
      call(app, '/api/setup', { body: { ...root, secret: app.setupLink?.split('#secret=')[1], password } });
    for (const password of refused) {
      expect(pointersOf(await register(app, password)), password).toEqual(['/password']);
      const body = { currentPassword: GOOD_PASSWORD, newPassword: password };
      const changed = await call(app, '/api/auth/password', { method: 'PATCH', token: ada.accessToken, body });
      expect(pointersOf(changed), password).toEqual(['/newPassword']);
      expect(pointersOf(await setUp(password)), password).toEqual(['/password']);
    }
    await signIn(app, 'ada');
    // A refused password has not used up the link.
    expect(await setUp(GOOD_PASSWORD)).toMatchObject({ status: 201 });
  });

  it('PW-08 refuses the user name, the address and the name of the product', async () => {
    const app = await start();
    const person = { username: 'lovelace', email: 'countess.byron@example.org', transport: 'token' };
    const guessed = [
      'my lovelace pencil 88',
      'my L0v3lace pencil 88',
      'countess of 88 pencils',
      'gatehouse pencil 88 violet',
    ];
    for (const password of guessed) {
      expect(pointersOf(await call(app, '/api/auth/register', { body: { ...person, password } })), password).toEqual([
        '/password',
      ]);
    }
    const made = await call(app, '/api/auth/register', { body: { ...person, password: GOOD_PASSWORD } });
    const token = String(made.body['accessToken']);
    for (const newPassword of guessed) {
      const body = { currentPassword: GOOD_PASSWORD, newPassword };
      const answer = await call(app, '/api/auth/password', { method: 'PATCH', token, body });
      expect(pointersOf(answer), newPassword).toEqual(['/newPassword']);
    }
    // The same answer beforehand, for the meter beside the field.
    for (const password of guessed) {
      const { username, email } = person;
      const meter = await call(app, '/api/auth/password-strength', { body: { password, username, email } });
      expect(meter, password).toMatchObject({ status: 200, body: { acceptable: false } });
    }
    await signIn(app, 'lovelace');
  });
});
