// The operator's command. Same composition root as the server; works while the server runs, which learns of it at once.
import { Command } from 'commander';
import { ConfigError } from '../config/index.ts';
import { addAdmin } from './admin.ts';
import { addConfig } from './config.ts';
import { addDoctor } from './doctor.ts';
import { addKeys } from './keys.ts';
import { addLimits } from './limits.ts';
import { addMigrate } from './migrate.ts';
import { CommandError, printError } from './run.ts';
import { addUsers } from './users.ts';

const EXIT_CONFIG = 78;

/** In the order of the help. */
const groups = [addMigrate, addAdmin, addDoctor, addConfig, addKeys, addUsers, addLimits];

function createProgram(): Command {
  const program = new Command('gatehouse')
    .description('Gatehouse: operate this installation')
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'gatehouse: ')) });
  for (const add of groups) add(program);
  return program;
}

/** In words, for what the operator can mend; undefined for a fault of the code, whose stack is wanted. */
function explain(error: unknown): string | undefined {
  if (error instanceof CommandError || error instanceof ConfigError) return error.message;
  return error instanceof Error && error.name === 'Problem' ? error.message : undefined; // a rule refused
}

try {
  await createProgram().parseAsync();
} catch (error) {
  const known = explain(error);
  if (known === undefined) throw error;
  printError(known);
  process.exitCode = error instanceof ConfigError ? EXIT_CONFIG : 1;
}
