// The first administrator: no default credential, but a secret that works once, for half an hour.
export { describeSetupLink } from './announcement.ts';
export { createSetup } from './setup.ts';
export type { Setup } from './setup.ts';
export { findAdministrator, FirstAdministratorError } from './first-administrator.ts';
export type { Prepared } from './first-administrator.ts';
export { createSetupRoutes } from './routes.ts';
