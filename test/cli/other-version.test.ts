import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { run } from './run.ts';

describe('cctv, of a daemon of another version', () => {
  const directory = mkdtempSync(join(tmpdir(), 'cctv-version-'));
  const socket = join(directory, 'control.sock');
  let answer: unknown;
  const server = createServer((_request, response) => {
    response.setHeader('server', 'sapiengraph-cctv/99.0.0');
    response.end(JSON.stringify(answer));
  });
  before(async () => {
    server.listen(socket);
    await once(server, 'listening');
  });
  after(() => {
    server.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const operators = () => run('cctv', ['--socket', socket, 'operator', 'list']);

  it('takes an answer that has more than it knows of', async () => {
    const olga = { name: 'olga', createdMs: 1, passwordSetMs: 1, colour: 'red' };
    answer = { operators: [olga], more: true };
    const { code, stdout } = await operators();
    assert.equal(code, 0);
    assert.match(stdout, /^olga /m);
  });

  it('says what it does not understand, and what to do', async () => {
    answer = { operators: [{ name: 'olga' }] };
    const { code, stderr } = await operators();
    assert.equal(code, 1);
    assert.match(stderr, /99\.0\.0.*operators\.0\.createdMs.*same version/);
  });
});
