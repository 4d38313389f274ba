import { ConfigError, parseConfig } from '../config/index.ts';
import type { CheckedConfig, Environment } from '../config/index.ts';

/** What the environment says by itself: nothing is tried on this machine, and no secret is made. @throws ConfigError */
export function parsedConfig(env: Environment): { config: CheckedConfig; warnings: string[] } {
  const { config, faults, warnings } = parseConfig(env);
  if (faults.length > 0) throw new ConfigError(faults, warnings);
  return { config, warnings };
}
