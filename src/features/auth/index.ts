// Signing up, in and out, and changing one's password.
export { createAuth } from './auth.ts';
export type { Auth } from './auth.ts';
export { createPasswordRules } from './password-rules.ts';
export { createAuthRoutes } from './routes.ts';
export { findReplaced, sessionAnswer } from './session-cookie.ts';
export type { Registration } from './register.ts';
