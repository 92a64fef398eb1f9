import { existsSync } from 'node:fs';
import { Command } from 'commander';
import type { Config } from '../config/config.ts';
import { ConfigError } from '../config/errors.ts';
import { defaultConfigFile, loadConfig } from '../config/load.ts';
import { missingPrograms } from '../config/programs.ts';
import { runDaemon } from '../daemon.ts';
import { createLog } from '../lib/log.ts';
import { findServiceManager } from '../lib/notify.ts';
import { readVersion } from '../lib/version.ts';
import { addHostKeyCommands } from './commands/host-key.ts';
import { addSetupCommand } from './commands/setup.ts';
import { print } from './context.ts';
import { runProgram } from './run-program.ts';
import { checkScreen } from './screens/check-screen.ts';
import { awaitSetup, tellingFailure } from './service-start.ts';
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
    using stop = onStopSignals();
    const manager = findServiceManager(process.env);
    if (manager !== undefined && !existsSync(file)) {
      return await awaitSetup(
        file,
        manager,
        createLog({ format: 'people', level: 'info' }),
        stop.signal,
      );
    }
    await tellingFailure(manager, stop.signal, async () => {
      const config = loadChecked(file);
      await runDaemon(
        config,
        createLog(config.log),
        stop.signal,
        {
          readConfig: () => loadChecked(file),
          readCredentials: () => loadConfig(file, process.env).bucket.credentials,
        },
        manager,
      );
    });
  });

program
  .command('check')
  .description('check the configuration without starting anything')
  .action((_options: unknown, command: Command) => {
    print(checkScreen(loadChecked(command.optsWithGlobals<Options>().config)));
  });

addHostKeyCommands(program);
addSetupCommand(program);

process.exitCode = await runProgram(program, process.argv);
