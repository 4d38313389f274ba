/**
 * One application on SQLite for all tests of a file: for what concerns the wire, where the database makes no difference.
 *
 *     const app = useApplication();
 *     it('…', async () => expect(await call(app(), '/livez')).toMatchObject({ status: 200 }));
 */
import { afterAll, beforeAll } from 'vitest';
import { databases } from './dialects.ts';
import { startApplication } from './start-application.ts';
import type { StartOptions, TestApplication } from './start-application.ts';

/** @param afterwards runs once, when the application serves */
export function useApplication(
  options: StartOptions = {},
  afterwards: (app: TestApplication) => Promise<void> = async () => {},
): () => TestApplication {
  let app: TestApplication | undefined;
  let drop = async (): Promise<void> => {};
  beforeAll(async () => {
    const sqlite = databases.find(({ name }) => name === 'sqlite');
    if (sqlite === undefined) throw new Error('there is always SQLite');
    const fresh = await sqlite.freshUrl();
    drop = fresh.drop;
    app = await startApplication(fresh.url, options);
    await afterwards(app);
  });
  afterAll(async () => {
    await app?.stop();
    await drop();
  });
  return () => {
    if (app === undefined) throw new Error('the application serves while a test runs');
    return app;
  };
}
