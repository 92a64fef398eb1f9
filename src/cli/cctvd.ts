import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { canDoWithout, loadOrLastGood } from '../config/last-good.ts';
import { defaultConfigFile } from '../config/load.ts';
import { asService } from '../config/service-credentials.ts';
import { runDaemon } from '../daemon.ts';
import { createLog } from '../lib/log.ts';
import { findServiceManager } from '../lib/notify.ts';
import { readVersion } from '../lib/version.ts';
import { addHostKeyCommands } from './commands/host-key.ts';
import { addSetupCommand } from './commands/setup.ts';
import { runCheck } from './check.ts';
import { rememberWhenReady } from './remember-when-ready.ts';
import { runProgram } from './run-program.ts';
import { awaitSetup, tellingFailure } from './service-start.ts';
import { onStopSignals } from './signals.ts';

interface Options {
  readonly config: string;
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
    const env = asService(file, process.env);
    if (manager !== undefined && !existsSync(file) && !canDoWithout(file, env)) {
      return await awaitSetup(
        file,
        manager,
        createLog({ format: 'people', level: 'info' }),
        stop.signal,
      );
    }
    await tellingFailure(manager, stop.signal, async () => {
      const checked = loadOrLastGood(file, env);
      const log = createLog(checked.config.log);
      await runDaemon(
        checked.config,
        log,
        stop.signal,
        () => loadOrLastGood(file, env).config.bucket.credentials,
        manager && rememberWhenReady(manager, checked, env, log),
      );
    });
  });

program
  .command('check')
  .description('check the configuration without starting anything')
  .action((_options: unknown, command: Command) => {
    runCheck(command.optsWithGlobals<Options>().config, process.env);
  });

addHostKeyCommands(program);
addSetupCommand(program);

process.exitCode = await runProgram(program, process.argv);
