/** Who calls in the tests: a stranger, a guest, a user, another user, an administrator. All through the public door. */
import supertest from 'supertest';
import { expect } from 'vitest';
import type { Config } from '../config/index.ts';
import type { SessionAnswer } from '../contract/sessions.ts';
import { PROBLEM_TYPE_PREFIX, problems } from '../contract/problem.ts';
import type { ProblemName } from '../contract/problem.ts';
import type { Tables } from '../database/open.ts';
import type { Selectable } from 'kysely';
import type { ApplicationKit, TestApplication } from './start-application.ts';

export const GOOD_PASSWORD = 'velvet harbour 42 lantern';
export const OTHER_PASSWORD = 'quiet meadow 17 compass';

export interface Answer {
  status: number;
  body: Record<string, unknown>;
  headers: Headers;
}

export interface CallOptions {
  method?: string;
  body?: unknown;
  token?: string | undefined;
  cookie?: string | undefined;
  headers?: Record<string, string>;
}

/** One call over the wire; a JSON body, a bearer token, a cookie, as given. A string is sent as it is, valid JSON or not. */
export async function call(
  app: Pick<TestApplication, 'url'> & { config?: Pick<Config, 'publicUrl'> },
  path: string,
  options: CallOptions = {},
): Promise<Answer> {
  const hasBody = options.body !== undefined;
  const method = (options.method ?? (hasBody ? 'POST' : 'GET')).toLowerCase() as 'get' | 'post' | 'patch' | 'put';
  const door = supertest(app.url);
  const sending = door[method](path)
    .redirects(0)
    .set({
      'User-Agent': 'node',
      // As if it had come by its public name, which need not lead here.
      ...(app.config !== undefined && { Host: new URL(app.config.publicUrl).host }),
      ...(hasBody && { 'Content-Type': 'application/json' }),
      ...(options.token !== undefined && { Authorization: `Bearer ${options.token}` }),
      // What a page of our own sends.
      ...(options.cookie !== undefined && { Cookie: options.cookie, 'Sec-Fetch-Site': 'same-origin' }),
      ...options.headers,
    });
  const response = await (hasBody
    ? sending.send(typeof options.body === 'string' ? options.body : JSON.stringify(options.body))
    : sending);
  const isJson = /json/.test(response.type);
  return {
    status: response.status,
    body: isJson ? (JSON.parse(response.text) as Record<string, unknown>) : { text: response.text },
    headers: readHeaders(response.headers),
  };
}

function readHeaders(given: Record<string, string | string[]>): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(given)) for (const value of [values].flat()) headers.append(name, value);
  return headers;
}

export interface Persona extends SessionAnswer {
  refreshToken: string;
  password: string;
}

const asPersona = (answer: Answer, password: string): Persona => ({ ...(answer.body as unknown as Persona), password });

/** A stranger signs up, as a program. */
export async function signUp(app: TestApplication, username: string, password = GOOD_PASSWORD): Promise<Persona> {
  const body = { username, email: `${username}@example.org`, password, transport: 'token' };
  const answer = await call(app, '/api/auth/register', { body });
  expect(answer, 'sign-up').toMatchObject({ status: 201 });
  return asPersona(answer, password);
}

export async function signIn(app: TestApplication, identifier: string, password = GOOD_PASSWORD): Promise<Persona> {
  const answer = await call(app, '/api/auth/login', { body: { identifier, password, transport: 'token' } });
  expect(answer, 'log-in').toMatchObject({ status: 200 });
  return asPersona(answer, password);
}

/** The first administrator, by the set-up link. */
export async function setUpAdministrator(
  app: TestApplication,
  username = 'root',
  password = GOOD_PASSWORD,
): Promise<Persona> {
  const secret = app.setupLink?.split('#secret=')[1];
  const body = { secret, username, email: `${username}@example.org`, password, transport: 'token' };
  const answer = await call(app, '/api/setup', { body });
  expect(answer, 'set-up').toMatchObject({ status: 201 });
  return asPersona(answer, password);
}

/** One cookie of an answer, as a `Cookie` header. */
export function cookieOf(answer: Answer, name: 'session' | 'device' = 'session'): string {
  const cookie = answer.headers.getSetCookie().find((text) => text.startsWith(`__Host-gatehouse-${name}=`));
  expect(cookie, 'a Set-Cookie header').toBeDefined();
  return (cookie ?? '').split(';')[0] ?? '';
}

/** A browser signs in: nothing but the cookie. */
export async function signInByCookie(
  app: TestApplication,
  identifier: string,
  password = GOOD_PASSWORD,
): Promise<{ cookie: string; device: string; accessToken: string }> {
  const body = { identifier, password, transport: 'cookie' };
  const answer = await call(app, '/api/auth/login', { body, headers: { 'Sec-Fetch-Site': 'same-origin' } });
  expect(answer, 'log-in').toMatchObject({ status: 200 });
  return {
    cookie: cookieOf(answer),
    device: cookieOf(answer, 'device'),
    accessToken: String(answer.body['accessToken']),
  };
}

/** What an answer with this problem looks like: `expect(answer).toMatchObject(refusal('invalid-token'))`. */
export const refusal = (name: ProblemName) => ({
  status: problems[name].status,
  body: { type: PROBLEM_TYPE_PREFIX + name, status: problems[name].status },
});

/** The pointers of an `invalid-input` problem, each once. */
export function pointersOf(answer: Answer): string[] {
  expect(answer).toMatchObject(refusal('invalid-input'));
  return [...new Set((answer.body['errors'] as { pointer: string }[]).map((error) => error.pointer))];
}

/** As a program does it: the refresh token in the body. */
export const refreshBy = (app: Pick<TestApplication, 'url'>, refreshToken: unknown): Promise<Answer> =>
  call(app, '/api/auth/refresh', { body: { refreshToken } });

/** As a browser does it. */
export const refreshByCookie = (app: Pick<TestApplication, 'url'>, cookie: string): Promise<Answer> =>
  call(app, '/api/auth/refresh', { body: {}, cookie });

export const whoAmI = (app: Pick<TestApplication, 'url'>, token: unknown): Promise<Answer> =>
  call(app, '/api/auth/me', { token: String(token) });

export type EventRow = Omit<Selectable<Tables['security_events']>, 'details'> & { details: Record<string, unknown> };

/** The security events, in the order of their time; of one name, or all. */
export async function readEvents(app: Pick<TestApplication, 'database'>, name?: string): Promise<EventRow[]> {
  const rows = await app.database.read
    .selectFrom('security_events')
    .selectAll()
    .$if(name !== undefined, (query) => query.where('name', '=', name ?? ''))
    .orderBy('occurred_at')
    .orderBy('id')
    .execute();
  return rows.map((row) => ({ ...row, details: JSON.parse(row.details) as Record<string, unknown> }));
}

/** Two replicas on one database, with one clock. The set-up link of the first is void: the start of the second made another. */
export async function startReplicas(
  start: ApplicationKit['start'],
  options: Parameters<ApplicationKit['start']>[0] = {},
): Promise<[TestApplication, TestApplication]> {
  const first = await start(options);
  return [first, await start({ ...options, url: first.config.databaseUrl, clock: first.clock })];
}

/**
 * Runs an act elsewhere and resolves once this replica has been told. On SQLite nobody tells it: it has to look by itself, at
 * each request, so there is nothing to wait for.
 */
export async function untilTold<T>(replica: TestApplication, topic: RegExp, act: () => Promise<T>): Promise<T> {
  if (replica.database.dialect === 'sqlite') return await act();
  const told = Promise.withResolvers<void>();
  const unsubscribe = replica.database.changes.subscribe((text) => {
    if (topic.test(text)) told.resolve();
  });
  const result = await act();
  await told.promise;
  unsubscribe();
  return result;
}

/**
 * A clock that moves only when the test moves it.
 * @param start milliseconds since 1970
 */
export function createFrozenClock(start = Date.now()): TestApplication['clock'] {
  let at = start;
  return {
    now: () => at,
    advance(milliseconds) {
      at += milliseconds;
    },
  };
}
