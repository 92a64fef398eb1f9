import assert from 'node:assert/strict';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { execa } from 'execa';
import { OperatorError } from '../../src/lib/errors.ts';
import { probeRelay } from '../../src/relay/probe.ts';
import { live555ProxyServer, loopbackOnly } from '../support/tools.ts';

const signal = new AbortController().signal;

describe('the probe of the relay', () => {
  it('sees that a relay is kept to its camera', async () => {
    const probe = { program: live555ProxyServer(), preload: loopbackOnly(), signal };
    assert.equal(await probeRelay(probe), true);
  });

  it('does not hold up an end that was asked for before', async () => {
    const probe = { program: live555ProxyServer(), preload: loopbackOnly() };
    assert.equal(await probeRelay({ ...probe, signal: AbortSignal.abort() }), false);
  });

  it('refuses a library that lets it go elsewhere, as an older one did', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'probe-'));
    try {
      const source = join(directory, 'none.c');
      const preload = join(directory, 'loopback-only.so');
      await writeFile(source, 'int nothing;\n');
      await execa('gcc', ['-shared', '-fPIC', '-nostdlib', '-o', preload, source]);
      const probe = { program: live555ProxyServer(), preload, signal };
      await assert.rejects(probeRelay(probe), OperatorError);
      await copyFile(loopbackOnly(), preload);
      assert.equal(await probeRelay(probe), true);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
