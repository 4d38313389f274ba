// Whether the process lives, and whether it can serve.
import type { Feature } from '../feature.ts';
import { createHealthChecks } from './checks.ts';
import type { HealthChecks, HealthParts } from './checks.ts';
import { createHealthRoutes } from './routes.ts';

export interface HealthFeature extends Feature, Pick<HealthChecks, 'started' | 'drain'> {}

export function createHealth(parts: HealthParts): HealthFeature {
  const checks = createHealthChecks(parts);
  return { started: checks.started, drain: checks.drain, routes: createHealthRoutes(checks) };
}
