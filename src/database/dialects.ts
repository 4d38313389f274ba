import type { Engine, EngineSettings } from './engine.ts';
import { openPostgres } from './postgres.ts';
import { openSqlite } from './sqlite.ts';

/**
 * The only place that asks which database it is. `engine.ts` names everything in which the two differ; `sqlite.ts` and
 * `postgres.ts` are its two answers (with `turns.ts`, `listen.ts` and `append-only.ts`); `faults.ts` reads the errors
 * of both. Everything else is written once.
 *
 * Throws on any other URL; the message never repeats the URL (it holds a password).
 */
export async function openEngine(settings: EngineSettings): Promise<Engine> {
  if (settings.url.startsWith('file:')) return openSqlite(settings);
  if (/^postgres(ql)?:\/\//.test(settings.url)) return openPostgres(settings);
  throw new Error('the database URL must begin with file: (SQLite) or postgres:// (PostgreSQL)');
}
