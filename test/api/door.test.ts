import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fastify } from 'fastify';
import * as z from 'zod';
import { Door, type Endpoint } from '../../src/api/door.ts';
import { answerErrors } from '../../src/api/errors.ts';
import { HttpError } from '../../src/lib/http-error.ts';
import { type Log, silentLog } from '../../src/lib/log.ts';

describe('a door', () => {
  const app = fastify();
  const endpoints: Endpoint[] = [];
  const errors: unknown[] = [];
  const log: Log = { ...silentLog, error: (_message, fields) => void errors.push(fields) };
  before(() => {
    answerErrors(app, log, true);
    const door = new Door({
      app,
      endpoints,
      access: 'everyone',
      admit: ({ headers }) => {
        if (headers['x-who'] === undefined) throw new HttpError(401, 'Who are you?');
        return String(headers['x-who']);
      },
      log,
    });
    const answer = z.object({ n: z.number(), words: z.array(z.string()).optional() });
    door.get('/kept/{name}', { answer }, ({ who, params }) => ({
      n: 1,
      words: [who, params.name],
    }));
    door.get('/more', { answer }, () => ({ n: 2, secret: 'kept here' }));
    door.get('/broken', { answer }, () => ({ n: Number.NaN }));
    door.post('/nothing', { body: z.strictObject({ n: z.number() }) }, () => {});
  });
  after(() => app.close());

  const ask = async (url: string, payload?: object) => {
    const method = payload === undefined ? 'GET' : 'POST';
    const response = await app.inject({ method, url, payload, headers: { 'x-who': 'anna' } });
    return [response.statusCode, response.body] as const;
  };

  it('admits first, then hands over who asks, and what the path names', async () => {
    assert.deepEqual(await ask('/kept/b'), [200, '{"n":1,"words":["anna","b"]}']);
    const { statusCode, body } = await app.inject('/kept/b');
    assert.deepEqual([statusCode, body], [401, '{"error":"Who are you?"}']);
  });

  it('refuses what it does not take', async () => {
    assert.deepEqual(await ask('/nothing', { n: 1 }), [204, '']);
    const [status, body] = await ask('/nothing', { n: 'one', m: 1 });
    assert.equal(status, 400);
    assert.match(body, /n: Invalid input.*Unrecognized key/);
  });

  it('sends what it promises and no more', async () => {
    assert.deepEqual(await ask('/more'), [200, '{"n":2}']);
  });

  it('sends an answer that breaks its promise, and logs that once', async () => {
    const context = process.env['NODE_TEST_CONTEXT'];
    assert.equal((await ask('/broken'))[0], 500, 'in tests it fails');
    try {
      delete process.env['NODE_TEST_CONTEXT'];
      errors.length = 0;
      for (let i = 0; i < 2; i += 1) assert.deepEqual(await ask('/broken'), [200, '{"n":null}']);
      assert.equal(errors.length, 1);
      assert.match(JSON.stringify(errors[0]), /GET \/broken.*n: Invalid input/);
    } finally {
      process.env['NODE_TEST_CONTEXT'] = context;
    }
  });

  it('takes note of its endpoints', () => {
    assert.deepEqual(
      endpoints.map(({ method, path }) => `${method} ${path}`),
      ['GET /kept/{name}', 'GET /more', 'GET /broken', 'POST /nothing'],
    );
  });
});
