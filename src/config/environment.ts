// Every environment variable: its form, its default, and the words that the README's table is made of.
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { requestPolicyNames } from '#contract/quota.ts';
import type { QuotaPolicyName } from '#contract/quota.ts';
import { isOneWindow, ONE_WINDOW_RULE, QUOTA_RULE, quotaDescriptions, quotaText, readQuotas } from './quota-text.ts';

const DAY_SECONDS = 24 * 60 * 60;

function wholeNumber(min: number, max: number) {
  return z
    .string()
    .regex(/^\d{1,9}$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a whole number from ${min} to ${max}`);
}

/** Separated by commas, white space or line ends: none of the entries can hold one. */
function list() {
  return z.string().transform((text) => text.split(/[\s,]+/).filter((entry) => entry !== ''));
}

/** A secret also comes from a file: `NAME_FILE` instead of `NAME`. */
export interface VariableNotes {
  section:
    | 'Server'
    | 'Database'
    | 'Secrets'
    | 'Access'
    | 'Limits'
    | 'Passwords'
    | 'Sessions'
    | 'First administrator'
    | 'Operation';
  description: string;
  /** The default in words, where it depends on something. */
  default?: string;
  secret?: true;
}

const notes = z.registry<VariableNotes>();

function note<S extends z.ZodType>(schema: S, text: VariableNotes): S {
  notes.add(schema, text);
  return schema;
}

const quotaForm = z
  .string()
  .refine((text) => readQuotas(text) !== undefined, QUOTA_RULE)
  .transform((text) => readQuotas(text) ?? {});

const oneWindowForm = z
  .string()
  .refine((text) => isOneWindow(readQuotas(text) ?? { minute: 0, hour: 0 }), ONE_WINDOW_RULE)
  .transform((text) => readQuotas(text) ?? {});

const enforced = (name: QuotaPolicyName, form: typeof quotaForm = quotaForm) =>
  note(form.prefault(quotaText(name)), { section: 'Limits', description: quotaDescriptions[name] });

const rehearsed = (name: QuotaPolicyName) =>
  note(quotaForm.optional(), {
    section: 'Limits',
    description: `Numbers to rehearse for \`RATE_LIMIT_${name.toUpperCase()}\`: whom they would stop is counted and reported, and nobody is stopped.`,
  });

const forEachPolicy = <P extends string, S>(prefix: P, create: (name: QuotaPolicyName) => S) =>
  Object.fromEntries(requestPolicyNames.map((name) => [prefix + name.toUpperCase(), create(name)])) as Record<
    `${P}${Uppercase<(typeof requestPolicyNames)[number]>}`,
    S
  >;

const quotaVariables = {
  ...forEachPolicy('RATE_LIMIT_', (name) => enforced(name)),
  RATE_LIMIT_PAGES: enforced('pages', oneWindowForm),
  ...forEachPolicy('RATE_LIMIT_SHADOW_', rehearsed),
};

/** Keys are the variables' names. */
export const environment = z.object({
  PORT: note(wholeNumber(1, 65535).prefault('3000'), {
    section: 'Server',
    description: 'Port to listen on.',
  }),
  HOST: note(z.string().optional(), {
    section: 'Server',
    description: 'Address to listen on.',
    default: '`127.0.0.1` in local mode, `0.0.0.0` in production',
  }),
  PUBLIC_URL: note(z.string().optional(), {
    section: 'Server',
    description:
      'The address people use; requests that name another host are answered 421, but for health checks. A loopback host means local mode, where any loopback host is taken; `https://` means production; plain http on another host is refused.',
    default: '`http://localhost:PORT`',
  }),
  TRUSTED_PROXIES: note(list().prefault('loopback'), {
    section: 'Server',
    description:
      'Addresses and networks whose `X-Forwarded-For` is believed, with commas; `loopback`; `none` trusts nobody.',
  }),
  DATA_DIR: note(z.string().prefault('./data'), {
    section: 'Server',
    description: 'Folder for the SQLite file, the generated secret and the set-up link.',
  }),
  DATABASE_URL: note(z.string().optional(), {
    section: 'Database',
    description: '`file:…` for SQLite, `postgres://…` for PostgreSQL.',
    default: '`file:DATA_DIR/gatehouse.sqlite`',
    secret: true,
  }),
  DATABASE_MIGRATION_URL: note(z.string().optional(), {
    section: 'Database',
    description:
      'Another role for migrations, which owns the tables and gives the role of `DATABASE_URL` what the server needs, and no more.',
    default: '`DATABASE_URL`',
    secret: true,
  }),
  DATABASE_POOL_SIZE: note(wholeNumber(1, 200).prefault('10'), {
    section: 'Database',
    description: 'Most connections to PostgreSQL.',
  }),
  MIGRATE: note(z.enum(['auto', 'check'], 'must be auto or check').prefault('auto'), {
    section: 'Database',
    description:
      '`auto` migrates at the start, under a lock, and prints the set-up link; `check` waits until `npm run cli -- migrate` has done both.',
  }),
  APP_SECRET: note(z.string().optional(), {
    section: 'Secrets',
    description:
      'The one secret to keep: at least 32 characters of randomness (`openssl rand -base64 48`), without commas. All other keys are derived from it.',
    default: 'made in `DATA_DIR/app-secret` in local mode, required in production',
    secret: true,
  }),
  APP_SECRET_PREVIOUS: note(list().optional(), {
    section: 'Secrets',
    description:
      'Earlier secrets, with commas or one a line, still accepted while sessions and keys move to the new one.',
    default: 'none',
    secret: true,
  }),
  CORS_ORIGINS: note(list().optional(), {
    section: 'Access',
    description: 'Origins of other sites whose pages may call the API, with commas; `none` for none.',
    default: 'any localhost origin in local mode, required in production',
  }),
  SIGN_UP: note(z.enum(['open', 'invite', 'closed'], 'must be open, invite or closed').prefault('open'), {
    section: 'Access',
    description: 'Whether strangers may make an account.',
  }),
  ANONYMOUS_ACCESS: note(z.enum(['none', 'guest'], 'must be none or guest').prefault('none'), {
    section: 'Access',
    description: 'What a request without credentials acts as.',
  }),
  API_DOCS: note(z.enum(['public', 'signed-in', 'off'], 'must be public, signed-in or off').optional(), {
    section: 'Access',
    description: 'Who may read `/api/docs` and `/api/openapi.json`.',
    default: '`public` in local mode, `signed-in` in production',
  }),
  REDIS_URL: note(z.url({ protocol: /^rediss?$/, error: 'must be like redis://:password@host:6379' }).optional(), {
    section: 'Limits',
    description: 'Shares all counters between servers. Without it, and while it is away, each server counts by itself.',
    default: 'none',
    secret: true,
  }),
  ...quotaVariables,
  PASSWORD_MIN_LENGTH: note(wholeNumber(8, 64).prefault('15'), {
    section: 'Passwords',
    description:
      'Shortest password, in characters. Never below 8; 15 is the advice of NIST SP 800-63B-4 without a second factor.',
  }),
  BCRYPT_COST: note(wholeNumber(10, 15).prefault('12'), {
    section: 'Passwords',
    description:
      'Each step doubles the work of a guess and of a sign-in. Older hashes are renewed at the next sign-in.',
  }),
  HASH_QUEUE_LIMIT: note(wholeNumber(1, 1000).prefault('32'), {
    section: 'Passwords',
    description: 'Sign-ins that may wait for a free core; more are answered 503 with `Retry-After`.',
  }),
  ACCESS_TOKEN_SECONDS: note(wholeNumber(1, 900).prefault('300'), {
    section: 'Sessions',
    description: 'Life of an access token. Revocation does not wait for it.',
  }),
  SESSION_IDLE_SECONDS: note(wholeNumber(60, 30 * DAY_SECONDS).prefault(String(7 * DAY_SECONDS)), {
    section: 'Sessions',
    description: 'A session that is not renewed for so long ends.',
  }),
  SESSION_ABSOLUTE_SECONDS: note(wholeNumber(60, 30 * DAY_SECONDS).prefault(String(30 * DAY_SECONDS)), {
    section: 'Sessions',
    description: 'A session ends so long after its sign-in, whatever happens.',
  }),
  ADMIN_EMAIL: note(z.string().optional(), {
    section: 'First administrator',
    description: 'With a password, makes the first administrator at the start instead of printing a set-up link.',
    default: 'none',
  }),
  ADMIN_USERNAME: note(z.string().prefault('admin'), {
    section: 'First administrator',
    description: 'The user name of that administrator.',
  }),
  ADMIN_PASSWORD: note(z.string().optional(), {
    section: 'First administrator',
    description:
      'The password of that administrator; better by `ADMIN_PASSWORD_FILE`. Ignored once an administrator exists.',
    default: 'none',
    secret: true,
  }),
  LOG_LEVEL: note(
    z
      .enum(
        ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
        'must be fatal, error, warn, info, debug, trace or silent',
      )
      .prefault('info'),
    {
      section: 'Operation',
      description: 'Least level that is logged: `fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`.',
    },
  ),
  DRAIN_DELAY_SECONDS: note(wholeNumber(0, 60).prefault('0'), {
    section: 'Operation',
    description: 'On SIGTERM, how long to be “not ready” before connections are closed, so that a proxy can notice.',
  }),
  DRAIN_SECONDS: note(wholeNumber(1, 300).prefault('30'), {
    section: 'Operation',
    description: 'On SIGTERM, how long requests in flight may take.',
  }),
});

export type EnvironmentValues = z.output<typeof environment>;
export type VariableName = keyof EnvironmentValues;

export const variableNames = Object.keys(environment.shape) as VariableName[];

export interface VariableDocument extends VariableNotes {
  name: VariableName;
  default: string;
}

/** What the README's configuration table says of a variable. */
export function describeVariable(name: VariableName): VariableDocument {
  const schema: z.ZodType = environment.shape[name];
  const text = notes.get(schema);
  if (text === undefined) throw new Error(`${name} has no description`);
  const fallback = schema instanceof z.ZodPrefault ? `\`${String(schema.def.defaultValue)}\`` : 'none';
  return { ...text, name, default: text.default ?? fallback };
}

/** Markdown; the README holds it, and a test holds the README against it. */
export function configurationTable(): string {
  const rows = variableNames.map((name) => {
    const { default: fallback, description, secret } = describeVariable(name);
    return `| \`${name}\`${secret === true ? `, \`${name}_FILE\`` : ''} | ${fallback} | ${description} |`;
  });
  return ['| Variable | Default | What it does |', '| --- | --- | --- |', ...rows].join('\n');
}

export const isSecret = (name: VariableName): boolean => describeVariable(name).secret === true;

export type Environment = Readonly<Record<string, string | undefined>>;

/** How the operator's command is called here, for what people are told to run. Set by the container's image, not by operators. */
export const operatorCommand = (env: Environment): string => env['GATEHOUSE_CLI'] || 'npm run cli --';

/** Collects faults instead of throwing at the first. */
export type Report = (fault: string) => void;

function readSecretFile(name: string, file: string, report: Report): string | undefined {
  try {
    const text = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
    // A list may have no entries: a file that is mounted always, and filled when it is needed.
    if (text !== '' || name === 'APP_SECRET_PREVIOUS') return text;
    report(`${name}_FILE: ${file} is empty.`);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'error';
    report(`${name}_FILE: ${file} cannot be read (${code === 'ENOENT' ? 'it does not exist' : code}).`);
  }
  return undefined;
}

/** `NAME_FILE` stands for `NAME`; one line end at its end is not part of the secret. Empty means unset, as compose passes it. */
function readTexts(env: Environment, report: Report): Partial<Record<VariableName, string>> {
  const texts: Partial<Record<VariableName, string>> = {};
  for (const name of variableNames) {
    const file = isSecret(name) ? env[`${name}_FILE`] : undefined;
    if (env[name] && file) report(`${name} and ${name}_FILE are both set: keep one.`);
    const text = env[name] || (file && readSecretFile(name, file, report));
    if (text) texts[name] = text;
  }
  return texts;
}

/** Every value in its form; where one has a fault, its default, so that the others can be looked at too. */
export function readVariables(env: Environment, report: Report): EnvironmentValues {
  const texts = readTexts(env, report);
  const parsed = environment.safeParse(texts);
  if (parsed.success) return parsed.data;
  for (const { path, message } of parsed.error.issues) {
    const name = path[0] as VariableName;
    report(`${name} ${message}, not "${texts[name]?.slice(0, 40) ?? ''}".`);
    delete texts[name];
  }
  return environment.parse(texts);
}
