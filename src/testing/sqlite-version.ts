import BetterSqlite from 'better-sqlite3';

export function sqliteVersion(): string {
  const database = new BetterSqlite(':memory:');
  const version = String(database.prepare('select sqlite_version()').pluck().get());
  database.close();
  return version;
}
