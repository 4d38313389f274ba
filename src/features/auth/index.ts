// Signing up, in and out, and changing one's password.
export { createAuth } from './auth.ts';
export type { Auth } from './auth.ts';
export { createKnownDevices } from './device-cookie.ts';
export type { KnownDevices } from './device-cookie.ts';
export { createPasswordRules } from './password-rules.ts';
export { createAuthRoutes } from './routes.ts';
export { findReplaced } from './session-cookie.ts';
export type { Registration } from './register.ts';
