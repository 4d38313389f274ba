import pg from 'pg';
import type { EngineSettings } from './engine.ts';

/** A connection is replaced after this time, so that none clings to a server that was demoted or moved. */
const connectionLifeSeconds = 600;

/** Opens a bounded pool; connects when first asked. */
export function openPool(settings: EngineSettings) {
  const clients = new Set<pg.PoolClient>();
  const pool = new pg.Pool({
    ...clientConfig(settings),
    application_name: 'gatehouse',
    max: settings.poolSize,
    maxLifetimeSeconds: connectionLifeSeconds,
  });
  // Without these listeners a lost connection, idle or in use, would end the process.
  pool.on('error', (error) => settings.log.warn({ err: error }, 'lost an idle database connection'));
  pool.on('connect', (client) => {
    client.on('error', () => undefined);
    clients.add(client);
  });
  pool.on('remove', (client) => void clients.delete(client));

  return {
    pool,
    /** Cuts every connection: what waits on one fails now, and the next call connects anew. */
    cut(): void {
      // As pg-pool itself does it; `end()` would wait for the server's goodbye.
      for (const client of clients) (client as PoolClientInside).connection.stream.destroy();
    },
  };
}

type PoolClientInside = pg.PoolClient & { connection: { stream: { destroy(): void } } };

/** TLS is asked for in the URL (`?sslmode=verify-full&sslrootcert=…`). */
export function clientConfig({ url, timeouts }: EngineSettings): pg.ClientConfig {
  return {
    connectionString: url,
    connectionTimeoutMillis: timeouts.connectMillis,
    statement_timeout: timeouts.statementMillis,
    // The server's own time-out comes first; this one is for a server that no longer answers at all.
    query_timeout: timeouts.statementMillis + 1_000,
    lock_timeout: timeouts.lockMillis,
    idle_in_transaction_session_timeout: timeouts.idleInTransactionMillis,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: numbersAsNumbers,
  };
}

/** int8 (also what count(*) gives) and numeric (what sum() of int8 gives) as numbers, as SQLite returns them. */
const numbersAsNumbers: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === pg.types.builtins.INT8 || oid === pg.types.builtins.NUMERIC ? Number : pg.types.getTypeParser(oid, format),
};
