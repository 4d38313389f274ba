// config …: what the environment says, before anything stands on it.
import type { Command } from 'commander';
import { describeDatabase } from '../composition/index.ts';
import { checkConfig, configurationTable } from '../config/index.ts';
import { print, printError } from './run.ts';

export function addConfig(program: Command): void {
  const config = program.command('config').description('look at the configuration');
  config
    .command('check')
    .description('say what is wrong with the environment, all at once; connects to nothing and writes nothing')
    .action(async () => {
      const { config: read, warnings } = await checkConfig(process.env);
      for (const warning of warnings) printError(warning);
      print(`The configuration is valid: ${read.mode} mode, ${read.publicUrl}, ${describeDatabase(read.databaseUrl)}.`);
    });
  config
    .command('table')
    .description('print every variable as a Markdown table')
    .action(() => print(configurationTable()));
}
