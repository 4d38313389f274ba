/**
 * Makes the templates of the databases on first demand, once a run: workers ask for them over loopback. A run whose tests
 * want no database starts none.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { reportPart } from './parts.ts';
import type { PostgresTemplate } from './templates.ts';

/** What a worker can ask for, and what it gets. */
export interface Templates {
  sqlite: { path: string };
  postgres: PostgresTemplate | { leftOut: string };
}

export interface TemplateServerOptions {
  /** Of the run. */
  folder: string;
  /** Called once; gives a superuser's URL. */
  startPostgres(): Promise<string>;
  /** Whether tests that need a PostgreSQL may be left out where it does not start; else they fail. */
  mayLeaveOut: boolean;
  report: typeof reportPart;
}

export interface TemplateServer {
  /** Ends with a slash; the name of a template follows. Nobody else on the machine can guess it. */
  address: string;
  /** Drops what the run has made on the PostgreSQL server. */
  close(): Promise<void>;
}

export async function serveTemplates(options: TemplateServerOptions): Promise<TemplateServer> {
  const made: { [Name in keyof Templates]?: Promise<Templates[Name]> } = {};
  const make = new Map<string, () => Promise<Templates[keyof Templates]>>([
    ['sqlite', () => (made.sqlite ??= provideSqlite(options))],
    ['postgres', () => (made.postgres ??= providePostgres(options))],
  ]);
  const secret = `/${randomUUID()}/`;
  const server = createServer(({ url = '' }, response) => {
    const provide = url.startsWith(secret) ? make.get(url.slice(secret.length)) : undefined;
    if (provide === undefined) return void response.writeHead(404).end();
    void provide().then(
      (template) => response.end(JSON.stringify(template)),
      (error: unknown) => response.writeHead(500).end(messageOf(error)),
    );
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}${secret}`,
    async close() {
      server.close();
      server.closeAllConnections();
      const postgres = await made.postgres?.catch(() => undefined);
      if (postgres === undefined || 'leftOut' in postgres) return;
      const { dropAll } = await import('./templates.ts');
      await dropAll(postgres);
    },
  };
}

// Their packages are loaded when they are needed.

async function provideSqlite({ folder, report }: TemplateServerOptions): Promise<Templates['sqlite']> {
  const { makeSqliteTemplate } = await import('./templates.ts');
  const { sqliteVersion } = await import('./sqlite-version.ts');
  report('SQLite', sqliteVersion());
  return { path: await makeSqliteTemplate(folder) };
}

async function providePostgres({
  startPostgres,
  mayLeaveOut,
  report,
}: TemplateServerOptions): Promise<Templates['postgres']> {
  const { makePostgresTemplate, postgresVersion } = await import('./templates.ts');
  let url: string;
  try {
    url = await startPostgres();
    report('PostgreSQL', await postgresVersion(url));
  } catch (error) {
    report('PostgreSQL', undefined);
    const reason = 'there is no PostgreSQL to test against';
    if (!mayLeaveOut) throw new Error(`${reason}: ${messageOf(error)}`, { cause: error });
    process.stderr.write(`\n${reason}: its suites are LEFT OUT\n${messageOf(error)}\n\n`);
    return { leftOut: reason };
  }
  return await makePostgresTemplate(url);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
