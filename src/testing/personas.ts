/** Who calls in the tests: a stranger, a guest, a user, another user, an administrator. All through the public door. */
import { expect } from 'vitest';
import type { SessionAnswer } from '../contract/auth.ts';
import type { TestApplication } from './start-application.ts';

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

/** One call with `fetch`; a JSON body, a bearer token, a cookie, as given. */
export async function call(
  app: Pick<TestApplication, 'url'>,
  path: string,
  options: CallOptions = {},
): Promise<Answer> {
  const hasBody = options.body !== undefined;
  const response = await fetch(app.url + path, {
    method: options.method ?? (hasBody ? 'POST' : 'GET'),
    headers: {
      ...(hasBody && { 'Content-Type': 'application/json' }),
      ...(options.token !== undefined && { Authorization: `Bearer ${options.token}` }),
      // What a page of our own sends.
      ...(options.cookie !== undefined && { Cookie: options.cookie, 'Sec-Fetch-Site': 'same-origin' }),
      ...options.headers,
    },
    ...(hasBody && { body: typeof options.body === 'string' ? options.body : JSON.stringify(options.body) }),
    redirect: 'manual',
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return {
    status: response.status,
    body: isJson ? (JSON.parse(text) as Record<string, unknown>) : { text },
    headers: response.headers,
  };
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

export async function logIn(app: TestApplication, identifier: string, password = GOOD_PASSWORD): Promise<Persona> {
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

/** The session cookie of an answer, as a `Cookie` header. */
export function cookieOf(answer: Answer): string {
  const [cookie] = answer.headers.getSetCookie();
  expect(cookie, 'a Set-Cookie header').toBeDefined();
  return (cookie ?? '').split(';')[0] ?? '';
}

/** A browser signs in: nothing but the cookie. */
export async function logInByCookie(
  app: TestApplication,
  identifier: string,
  password = GOOD_PASSWORD,
): Promise<{ cookie: string; accessToken: string }> {
  const body = { identifier, password, transport: 'cookie' };
  const answer = await call(app, '/api/auth/login', { body, headers: { 'Sec-Fetch-Site': 'same-origin' } });
  expect(answer, 'log-in').toMatchObject({ status: 200 });
  return { cookie: cookieOf(answer), accessToken: String(answer.body['accessToken']) };
}
