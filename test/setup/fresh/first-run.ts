import { describe } from 'node:test';
import { itShowsAll } from './quickstart-run.ts';

// The first command of the README on a machine that has nothing: what .ci/run ends with.

describe('bin/quickstart on a bare Debian 13', () => {
  itShowsAll('as root, without a terminal', { suite: 'trixie' }, { user: 'root' });
});
