import type { Migration } from '../migrate.ts';
import { firstTables } from './0001-first-tables.ts';
import { logInLanes } from './0002-log-in-lanes.ts';

/** In the order they are applied. Only ever add at the end: what was released is never changed or removed. */
export const migrations: readonly Migration[] = [firstTables, logInLanes];
