// Whom the operator names as the first administrator, in place of a set-up link.
import { z } from 'zod';
import { canonicalEmailAddress, EMAIL_RULE } from '../security/email-address.ts';
import { isUsablePassword, normalisePassword, PASSWORD_MAX_BYTES, passwordBytes } from '../security/password-limits.ts';
import { createPasswordStrength } from '../security/password-strength.ts';
import { judgePassword } from '../security/password-verdict.ts';
import { canonicalUsername, USERNAME_RULE } from '../security/username.ts';
import { defineSection, variable } from './section.ts';
import type { Probed, Report } from './section.ts';

interface ConfiguredAdministrator {
  readonly email: string;
  readonly username: string;
  /** In its normalised form. */
  readonly password: string;
}

export interface FirstAdministratorConfig {
  readonly firstAdministrator: ConfiguredAdministrator | undefined;
}

/** Never with the password in it. */
function faultOfPassword(password: string): string | undefined {
  if (!isUsablePassword(password)) return 'holds a character that cannot be stored (NUL or half of one).';
  const bytes = passwordBytes(password);
  return bytes > PASSWORD_MAX_BYTES ? `has ${bytes} bytes; a password has ${PASSWORD_MAX_BYTES} at most.` : undefined;
}

/** By the rules for everybody's password. */
async function probePassword(
  { firstAdministrator: given, passwordMinLength: minLength }: FirstAdministratorConfig & Probed,
  report: Report,
) {
  if (given === undefined) return;
  const { username, email, password } = given;
  const person = { username, email };
  const { refusals } = await judgePassword(password, { minLength, person }, createPasswordStrength());
  for (const refusal of refusals) report(`ADMIN_PASSWORD: ${refusal}`);
}

export const firstAdministrator = defineSection({
  variables: {
    ADMIN_EMAIL: variable(z.string().optional(), {
      description: 'With a password, makes the first administrator at the start instead of printing a set-up link.',
      default: 'none',
    }),
    ADMIN_USERNAME: variable(z.string().prefault('admin'), {
      description: 'The user name of that administrator.',
    }),
    ADMIN_PASSWORD: variable(z.string().optional(), {
      description:
        'The password of that administrator; better by `ADMIN_PASSWORD_FILE`. Not used once an administrator exists, but checked at every start.',
      default: 'none',
      secret: true,
    }),
  },
  read(values, report): FirstAdministratorConfig {
    const { ADMIN_EMAIL: email, ADMIN_USERNAME: username, ADMIN_PASSWORD: password } = values;
    if (email !== undefined && password === undefined)
      report('ADMIN_EMAIL needs ADMIN_PASSWORD_FILE (or ADMIN_PASSWORD).');
    if (email === undefined && password !== undefined)
      report('ADMIN_PASSWORD needs ADMIN_EMAIL: without it no administrator is made.');
    if (email !== undefined && canonicalEmailAddress(email) === undefined) report(`ADMIN_EMAIL: ${EMAIL_RULE}`);
    if (canonicalUsername(username) === undefined) report(`ADMIN_USERNAME: ${USERNAME_RULE}`);
    const fault = password === undefined ? undefined : faultOfPassword(password);
    if (fault !== undefined) report(`ADMIN_PASSWORD ${fault}`);
    if (email === undefined || password === undefined) return { firstAdministrator: undefined };
    return { firstAdministrator: Object.freeze({ email, username, password: normalisePassword(password) }) };
  },
  probe: probePassword,
});
