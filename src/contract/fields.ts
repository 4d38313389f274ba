// One schema a field, used everywhere. What a form says, what the server refuses and what the document shows is the same rule.
import * as z from 'zod/mini';
import { canonicalEmailAddress, EMAIL_RULE } from '../security/email-address.ts';
import { isUsablePassword, normalisePassword, PASSWORD_MAX_BYTES, passwordBytes } from '../security/password-limits.ts';
import { canonicalUsername, USERNAME_RULE } from '../security/username.ts';

/** UUIDv7 in lower case. Random, never a counter. */
export const id = z
  .string()
  .check(z.regex(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/, 'This is not an id.'));

/** ISO 8601 in UTC with milliseconds. */
export const instant = z.string().check(z.iso.datetime({ precision: 3 }));

/** Any spelling goes in, the one canonical form comes out. */
export const username = z
  .pipe(
    z.string().check(z.maxLength(128, USERNAME_RULE)),
    z.transform((value: string, context) => {
      const canonical = canonicalUsername(value);
      if (canonical === undefined) context.issues.push({ code: 'custom', input: value, message: USERNAME_RULE });
      return canonical ?? z.NEVER;
    }),
  )
  .register(z.globalRegistry, { description: USERNAME_RULE, examples: ['ada'] });

/** Any spelling goes in; out come the address as the person wrote it and the form it is unique on. */
export const email = z
  .pipe(
    z.string().check(z.maxLength(320, EMAIL_RULE)),
    z.transform((value: string, context) => {
      const parsed = canonicalEmailAddress(value);
      if (parsed === undefined) context.issues.push({ code: 'custom', input: value, message: EMAIL_RULE });
      return parsed ?? z.NEVER;
    }),
  )
  .register(z.globalRegistry, { description: EMAIL_RULE, examples: ['ada@example.org'] });

const tooManyBytes = `A password can be at most ${PASSWORD_MAX_BYTES} bytes long (plain letters take one byte each, accented ones two, emoji four).`;

/**
 * A password as typed: no trim, no case change, NFC. Refused above 72 bytes, because bcrypt would silently ignore the rest.
 * The minimum length is configuration, so the rule that sets a password checks it (features/auth/password-rules.ts).
 */
export const password = z
  .pipe(
    z.string().check(
      z.minLength(1, 'Enter a password.'),
      z.refine(isUsablePassword, {
        error: 'The password holds a character that cannot be stored (NUL or half of one).',
        abort: true,
      }),
      z.refine((value) => passwordBytes(value) <= PASSWORD_MAX_BYTES, tooManyBytes),
    ),
    z.transform(normalisePassword),
  )
  .register(z.globalRegistry, {
    description: `${tooManyBytes} No composition rules; common passwords are refused.`,
    examples: ['correct horse battery staple'],
  });

/** What a person types to sign in: an e-mail address where it holds an `@`, else a user name. */
export const identifier = z
  .string()
  .check(
    z.minLength(1, 'Enter your user name or e-mail address.'),
    z.maxLength(320, 'This is too long to be a user name or an e-mail address.'),
  )
  .register(z.globalRegistry, {
    description: 'A user name, or an e-mail address where it holds an @.',
    examples: ['ada'],
  });

/** How the refresh token travels: in an HttpOnly cookie (browsers) or in the body (programs). */
export const transport = z.enum(['cookie', 'token']).register(z.globalRegistry, {
  description:
    '`cookie` for a browser (HttpOnly cookie, same site only), `token` for a program (refreshToken in the body).',
});
