// Calls to the product, as a program makes them.
import type { SessionAnswer } from '#contract/sessions.ts';

export const PASSWORD = 'velvet harbour 42 lantern';

export async function post(url: string, body: unknown): Promise<SessionAnswer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${JSON.stringify(answer)}`);
  return answer as SessionAnswer;
}

export const signUp = (url: string, username: string): Promise<SessionAnswer> =>
  post(`${url}/api/auth/register`, {
    username,
    email: `${username}@example.org`,
    password: PASSWORD,
    transport: 'token',
  });

export const logIn = (url: string, identifier: string): Promise<SessionAnswer> =>
  post(`${url}/api/auth/login`, { identifier, password: PASSWORD, transport: 'token' });
