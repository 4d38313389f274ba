/** An administrator and strangers, for the tests of limits. */
import type { Config } from '../config/index.ts';
import { call, setUpAdministrator } from './personas.ts';
import type { Answer, CallOptions, Persona } from './personas.ts';
import { UNLIMITED } from './start-application.ts';
import type { ApplicationKit, TestApplication } from './start-application.ts';

type Quotas = Partial<Config['quotas']>;

export async function startWithRoot(start: ApplicationKit['start'], quotas: Quotas, config: Partial<Config> = {}) {
  const app = await start({ config: { ...config, quotas: { ...UNLIMITED, ...quotas } } });
  const root = await setUpAdministrator(app);
  return { app, root };
}

export const from = (address: string, options: CallOptions = {}): CallOptions => ({
  ...options,
  headers: { 'X-Forwarded-For': address },
});

export const ask = (app: TestApplication, address: string): Promise<Answer> =>
  call(app, '/api/auth/options', from(address));

/** Resolves with the last answer. */
export async function askTimes(app: TestApplication, times: number, address: string): Promise<Answer> {
  for (let index = 1; index < times; index += 1) await ask(app, address);
  return await ask(app, address);
}

export const read = (app: TestApplication, { accessToken: token }: Persona, path: string): Promise<Answer> =>
  call(app, `/api/limits${path}`, { token });

export const release = (app: TestApplication, { accessToken: token }: Persona, body: unknown): Promise<Answer> =>
  call(app, '/api/limits/releases', { body, token });

export const listed = async (answer: Promise<Answer>) =>
  (await answer).body['consumers'] as { quota: string; label: string; key: string; used: number; isBlocked: boolean }[];
