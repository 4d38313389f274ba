import { isUnavailable } from './faults.ts';

/** Which database, without its password. */
export function describeDatabase(url: string): string {
  if (url.startsWith('file:')) return `SQLite (${url.slice('file:'.length)})`;
  const { host = '', pathname = '' } = URL.parse(url) ?? {};
  return `PostgreSQL (${host}${pathname})`;
}

const codeOf = (error: Error): string => ('code' in error ? String(error.code) : '');

const advices: readonly [RegExp, (variable: string) => string][] = [
  [/^28/, (variable) => `Correct the user name or the password in ${variable}.`],
  [/^3D/, (variable) => `Create that database, or correct its name in ${variable}.`],
  [/^(ENOTFOUND|EAI_AGAIN)$/, (variable) => `Correct the host in ${variable}, or start what has that name.`],
  [
    /^42501$/,
    () => 'Migrate under the role that owns the tables (DATABASE_MIGRATION_URL): it gives this one its rights.',
  ],
  [/^SQLITE_/, () => ''],
];

/** Somebody has to change something first: a wrong password, a database that does not exist. */
export function needsCorrection(error: unknown): boolean {
  return !isUnavailable(error) || (error instanceof Error && /^(28|3D)/.test(codeOf(error)));
}

/**
 * What is wrong with the database, for the operator: which one, why, and what to do. Undefined for what is no fault of it.
 * @param variable that holds the URL
 */
export function explainDatabaseFault(error: unknown, url: string, variable: string): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const away = isUnavailable(error);
  const code = codeOf(error);
  if (!away && code === '') return undefined;
  const advice = advices.find(([pattern]) => pattern.test(code))?.[1];
  const fallback = away ? `Check that it runs, and that ${variable} names it.` : '';
  const does = away && !/^(28|3D|SQLITE_)/.test(code) ? 'does not answer' : 'cannot be used';
  const reason = (error.message || code).replace(/\.$/, '');
  return `${describeDatabase(url)} ${does}: ${reason}. ${advice?.(variable) ?? fallback}`.trimEnd();
}
