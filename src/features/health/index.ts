// Whether the process lives, and whether it can serve.
export { createHealthChecks } from './checks.ts';
export { createHealthRoutes } from './routes.ts';
