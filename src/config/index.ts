// Environment → typed, frozen Config. All faults in one message, so that nobody fixes them one start at a time.
import { findMisspelt } from './misspelt.ts';
import { makeLocalSecret } from './secrets.ts';
import type { Basis, Report, Section } from './section.ts';
import { sections } from './sections.ts';
import type { Slices } from './sections.ts';
import { readVariables } from './variables.ts';
import type { Environment, EnvironmentValues } from './variables.ts';

export { configurationTable, operatorCommand } from './variables.ts';
export type { Environment } from './variables.ts';

/** What each section adds stands in its file. */
export interface Config extends Omit<Slices, 'appSecret'> {
  readonly appSecret: string;
}

/** In local mode the secret may not have been made yet: whoever only looks makes none. */
export type CheckedConfig = Slices;

const bullets = (lines: readonly string[]): string => lines.map((line) => `\n  - ${line}`).join('');

/** Its message is for the operator, and says everything at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly string[];

  /** @param hints what else looks wrong: a misspelt name is often why another one is missing */
  constructor(faults: readonly string[], hints: readonly string[] = []) {
    const title = `The configuration has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:`;
    super(title + bullets(faults) + (hints.length > 0 ? `\nThis may be why:${bullets(hints)}` : ''));
    this.faults = faults;
  }
}

function readSections(values: EnvironmentValues, report: Report): Slices {
  const { server, ...others } = sections;
  const basis: Basis & object = server.read(values, report, { mode: 'local', dataDir: '' });
  const read = Object.values(others).map((section) => section.read(values as never, report, basis));
  return Object.assign({}, basis, ...read) as Slices;
}

/** What the environment says, before anything of it is tried. */
export function parseConfig(env: Environment): { config: CheckedConfig; faults: string[]; warnings: string[] } {
  const faults: string[] = [];
  const report: Report = (fault) => faults.push(fault);
  const config = readSections(readVariables(env, report), report);
  for (const value of Object.values(config)) if (Array.isArray(value)) Object.freeze(value);
  return { config: Object.freeze(config), faults, warnings: findMisspelt(env) };
}

interface Read<C> {
  config: C;
  /** About variables that nobody reads. */
  warnings: string[];
}

/**
 * Finds everything that can stop a start because of its configuration. Connects to nothing, and writes nothing.
 * @param env the environment, `.env` included
 * @throws ConfigError with every fault at once
 */
export async function checkConfig(env: Environment): Promise<Read<CheckedConfig>> {
  const { config, faults, warnings } = parseConfig(env);
  for (const { probe } of Object.values(sections) as readonly Section[])
    await probe?.(config, (fault) => faults.push(fault));
  if (faults.length > 0) throw new ConfigError(faults, warnings);
  return { config, warnings };
}

/** In local mode the secret is made where there is none. */
function complete({ config, warnings }: Read<CheckedConfig>): Read<Config> {
  const faults: string[] = [];
  const appSecret = config.appSecret ?? makeLocalSecret(config.dataDir, (fault) => faults.push(fault));
  if (faults.length > 0) throw new ConfigError(faults, warnings);
  return { config: Object.freeze({ ...config, appSecret }), warnings };
}

/** For a server: all that `checkConfig` finds stops it. @throws ConfigError */
export const readServerConfig = async (env: Environment): Promise<Read<Config>> => complete(await checkConfig(env));

/**
 * For a command, which does not listen and makes no configured administrator: what concerns these must not keep an operator from
 * recovering an installation. @throws ConfigError
 */
export function readConfig(env: Environment): Read<Config> {
  const { config, faults, warnings } = parseConfig(env);
  if (faults.length > 0) throw new ConfigError(faults, warnings);
  return complete({ config, warnings });
}
