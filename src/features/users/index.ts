// Accounts: who exists, under which names, with which roles, and whether they may sign in.
export { createUsers } from './accounts.ts';
export type { Users } from './accounts.ts';
export { createUserAdministration } from './administration.ts';
export type { UserRow } from './store.ts';
