import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Replaceable } from '../../src/lib/replaceable.ts';
import { Setting } from '../../src/lib/setting.ts';

describe('a replaceable part', () => {
  const events: string[] = [];
  interface Named extends AsyncDisposable {
    readonly name: string;
  }
  const start = async (name: string): Promise<Named> => {
    if (name === 'bad') throw new Error('bad can not be started');
    events.push(`+${name}`);
    return { name, [Symbol.asyncDispose]: async () => void events.push(`-${name}`) };
  };

  const nameOf = (replaceable: Replaceable<string, Named>) => replaceable.part?.name;

  it('ends before the next one starts, may be absent, and ends with its owner', async () => {
    events.length = 0;
    const part = await Replaceable.start<string, Named>(undefined, start);
    assert.equal(nameOf(part), undefined);
    await part.replace('a');
    await part.replace('b');
    assert.equal(nameOf(part), 'b');
    await part.replace(undefined);
    assert.equal(nameOf(part), undefined);
    await part.replace('c');
    await part[Symbol.asyncDispose]();
    assert.deepEqual(events, ['+a', '-a', '+b', '-b', '+c', '-c']);
    await part.replace('d');
    assert.equal(events.includes('+d'), false);
  });

  it('is started again as it was if the next one can not be started', async () => {
    events.length = 0;
    await using part = await Replaceable.start<string, Named>('a', start);
    await assert.rejects(part.replace('bad'), /bad can not be started/);
    assert.equal(nameOf(part), 'a');
    assert.deepEqual(events, ['+a', '-a', '+a']);
  });
});

describe('a setting', () => {
  it('wakes who waits for its change, or who stops waiting', async () => {
    const setting = new Setting(1);
    const doubled = setting.map((value) => value * 2);
    const stop = new AbortController();
    const changed = Promise.all([setting.changed(stop.signal), doubled.changed(stop.signal)]);
    setting.set(4);
    await changed;
    assert.deepEqual([setting.value, doubled.value], [4, 8]);
    const stopped = setting.changed(stop.signal);
    stop.abort();
    await stopped;
    await setting.changed(stop.signal);
  });
});
