import { Command } from 'commander';
import type { Config } from '../config/config.ts';
import { ConfigError } from '../config/errors.ts';
import { defaultConfigFile, loadConfig } from '../config/load.ts';
import { missingPrograms } from '../config/programs.ts';
import { runDaemon } from '../daemon.ts';
import { createLog } from '../lib/log.ts';
import { readVersion } from '../lib/version.ts';
import { addHostKeyCommands } from './commands/host-key.ts';
import { print } from './context.ts';
import { runProgram } from './run-program.ts';
import { checkScreen } from './screens/check-screen.ts';
import { onStopSignals } from './signals.ts';

interface Options {
  readonly config: string;
}

/** The configuration, if this machine has all that it asks for. */
function loadChecked(file: string): Config {
  const config = loadConfig(file, process.env);
  const problems = missingPrograms(config, process.env);
  if (problems.length > 0) throw new ConfigError(config.file, problems);
  return config;
}

const program = new Command('cctvd')
  .description(
    'The daemon of Sapiengraph CCTV: cameras dial in, are recorded, and their footage is kept in a bucket.',
  )
  .version(readVersion())
  .option('--config <file>', 'the configuration', defaultConfigFile)
  .action(async ({ config: file }: Options) => {
    const config = loadChecked(file);
    using stop = onStopSignals();
    await runDaemon(
      config,
      createLog(config.log),
      stop.signal,
      () => loadConfig(file, process.env).bucket.credentials,
    );
  });

program
  .command('check')
  .description('check the configuration without starting anything')
  .action((_options: unknown, command: Command) => {
    print(checkScreen(loadChecked(command.optsWithGlobals<Options>().config)));
  });

addHostKeyCommands(program);

process.exitCode = await runProgram(program, process.argv);
