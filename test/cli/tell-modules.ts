// Preloaded into a program (--import): writes the addresses of all modules that it loaded, a line each, into the
// file that MODULES_FILE names.
import { writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

const file = process.env['MODULES_FILE'] ?? '';
const loaded: string[] = [];
registerHooks({
  load(url, context, next) {
    loaded.push(url);
    return next(url, context);
  },
});
process.on('exit', () => writeFileSync(file, loaded.join('\n')));
