import { call } from './personas.ts';
import type { TestApplication } from './start-application.ts';

/** As long as it takes, but not for ever. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 15_000;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error('not within 15 s');
    await new Promise((resolve) => setImmediate(resolve)); // what is waited for needs its turn
  }
}

/** What `/readyz?verbose` says of one part. */
export async function readPart(app: TestApplication, name: string): Promise<Record<string, unknown> | undefined> {
  const { body } = await call(app, '/readyz?verbose');
  return (body['parts'] as { name: string }[]).find((part) => part.name === name);
}

/** The connection is made in the background, and the first request that finds it ready says so. */
export async function redisIsUsed(app: TestApplication): Promise<void> {
  await until(async () => {
    await call(app, '/api/auth/options', { headers: { 'X-Forwarded-For': '192.0.2.200' } });
    return (await readPart(app, 'redis'))?.['status'] === 'ok';
  });
}
