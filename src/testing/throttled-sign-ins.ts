/** Sign-ins for the tests of the throttle. */
import { expect } from 'vitest';
import { call, GOOD_PASSWORD, OTHER_PASSWORD, refusal } from './personas.ts';
import type { Answer } from './personas.ts';
import type { TestApplication } from './start-application.ts';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export interface From {
  address?: string;
  /** A browser with this device cookie. */
  device?: string;
  /** The wrong one that is tried. */
  password?: string;
}

export function tryLogIn(
  app: TestApplication,
  identifier: string,
  password: string,
  { address, device }: From = {},
): Promise<Answer> {
  const body = { identifier, password, transport: device === undefined ? 'token' : 'cookie' };
  const headers = address === undefined ? {} : { 'X-Forwarded-For': address };
  return call(app, '/api/auth/login', { body, cookie: device, headers });
}

export const signInWrong = (app: TestApplication, identifier: string, from?: From): Promise<Answer> =>
  tryLogIn(app, identifier, from?.password ?? OTHER_PASSWORD, from);

export const signInRight = (app: TestApplication, identifier: string, from?: From): Promise<Answer> =>
  tryLogIn(app, identifier, GOOD_PASSWORD, from);

export async function fail(app: TestApplication, identifier: string, times: number, from?: From): Promise<void> {
  for (let time = 0; time < times; time += 1)
    expect(await signInWrong(app, identifier, from), `failure ${time + 1}`).toMatchObject(
      refusal('invalid-credentials'),
    );
}

/** Refused without a hash, and told to wait this long. */
export function expectThrottled(answer: Answer, seconds: number): void {
  expect(answer).toMatchObject(refusal('throttled'));
  expect(Number(answer.headers.get('retry-after'))).toBe(seconds);
  expect(answer.headers.getSetCookie()).toEqual([]);
}

export const lanesOf = (app: Pick<TestApplication, 'database'>) =>
  app.database.read.selectFrom('log_in_lanes').selectAll().orderBy('kind').execute();
