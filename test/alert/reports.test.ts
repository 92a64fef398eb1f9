import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { DeliveryReport } from '../../src/alert/channel.ts';
import { reportReaders } from '../../src/alert/channels.ts';
import {
  reportUrl,
  type Reports,
  type ReportsOptions,
  startReports,
} from '../../src/alert/reports.ts';
import { OperatorError } from '../../src/lib/errors.ts';
import { silentLog } from '../../src/lib/log.ts';

const key = new Uint8Array(32).fill(7);

describe('the listener of delivery reports', () => {
  const reported: DeliveryReport[] = [];
  let fails = false;
  let reports: Reports;
  const options: ReportsOptions = {
    listen: { host: '127.0.0.1', port: 0 },
    key,
    readers: reportReaders({
      sms: { gateway: { name: 'kannel', url: '{report}', accepted: /^/ } },
    }),
    onReport: async (_channel, report) => {
      await Promise.resolve();
      if (fails) throw new Error('the disk is full');
      reported.push(report);
    },
    log: silentLog,
  };
  const url = (query = '', id = 'a-1'): string => `${reports.urlOf('kannel', id)}${query}`;
  const status = async (address: string, init?: RequestInit): Promise<number> =>
    (await fetch(address, init)).status;

  before(async () => (reports = await startReports(options)));
  beforeEach(() => {
    reported.length = 0;
    fails = false;
  });
  after(() => reports?.[Symbol.asyncDispose]());

  it('hands on what a gateway says, in numbers of Kannel or in words, by GET or POST', async () => {
    for (const state of ['1', '2', '4', '8', '16', 'DELIVRD', 'Expired', 'sent']) {
      assert.equal(await status(url(`?state=${state}`)), 204);
    }
    assert.equal(
      await status(url(), {
        method: 'POST',
        body: new URLSearchParams({ state: 'delivered', detail: 'a\r\nb', id: '17' }),
      }),
      204,
    );
    assert.deepEqual(
      reported.map(({ state }) => state),
      [
        'delivered',
        'failed',
        'accepted',
        'accepted',
        'failed',
        'delivered',
        'failed',
        'accepted',
        'delivered',
      ],
    );
    assert.deepEqual(reported.at(-1), {
      messageId: 'a-1',
      state: 'delivered',
      detail: 'a b',
      carrierId: '17',
    });
  });

  it('takes a state that it does not know for none', async () => {
    assert.equal(await status(url('?state=99')), 204);
    assert.equal(await status(url('?state=constructor')), 204);
    assert.equal(await status(url()), 204);
    assert.deepEqual(reported, []);
  });

  it('lets nobody in who does not know the address of the very message', async () => {
    const good = new URL(url('?state=1'));
    const other = new URL(reports.urlOf('kannel', 'a-2')).pathname.split('/').at(-1) ?? '';
    const paths = [
      '/',
      '/report',
      '/report/kannel/a-1',
      '/report/kannel/a-1/',
      '/metrics',
      `/report/kannel/a-1/${other}`,
      good.pathname.replace('/kannel/', '/twilio/'),
      good.pathname.replace('/kannel/', '/constructor/'),
      good.pathname.slice(0, -1),
      `${good.pathname}a`,
      good.pathname.replace('a-1', 'A-1'),
      reportUrl(new Uint8Array(32), '', 'kannel', 'a-1'),
      `/report/kannel/a-1/${'%00'.repeat(22)}`,
    ];
    for (const path of paths) {
      assert.equal(await status(`${good.origin}${path}?state=1`), 404, path);
    }
    assert.equal(await status(good.href, { method: 'DELETE' }), 405);
    assert.deepEqual(reported, []);
    // A proxy may leave its own path before ours.
    assert.equal(await status(`${good.origin}/cctv${good.pathname}?state=1`), 204);
    assert.equal(reported.length, 1);
  });

  it('lets the carrier try again when a report could not be kept', async () => {
    fails = true;
    assert.equal(await status(url('?state=1')), 500);
    fails = false;
    assert.equal(await status(url('?state=1')), 204);
    assert.equal(reported.length, 1);
  });

  it('has bounds for what it reads, and survives what is no HTTP', async () => {
    const body = new URLSearchParams({ state: '1', detail: 'x'.repeat(20_000) });
    const sent = await fetch(url(), { method: 'POST', body }).catch(() => undefined);
    assert.ok(sent === undefined || sent.status === 413);
    for (const bytes of [
      '\x16\x03\x01',
      'GET / HTTP/1.1\r\nX: '.padEnd(40_000, 'y'),
      'GET //\r\n\r\n',
    ]) {
      const socket = connect(reports.port, '127.0.0.1');
      socket.on('error', () => {});
      socket.resume();
      socket.end(bytes);
      await once(socket, 'close');
    }
    assert.deepEqual(reported, []);
    assert.equal(await status(url('?state=1')), 204);
  });

  it('says where carriers find it, and that it can not listen', async () => {
    const { port } = reports;
    await using second = await startReports({ ...options, baseUrl: 'https://cctv.example.com/a' });
    assert.match(
      second.urlOf('kannel', 'a-1'),
      /^https:\/\/cctv\.example\.com\/a\/report\/kannel\/a-1\/[\w-]{22}$/,
    );
    await assert.rejects(
      startReports({ ...options, listen: { host: '127.0.0.1', port } }),
      (error) =>
        error instanceof OperatorError &&
        /^alerts\.reports\.listen: .*EADDRINUSE/.test(error.message),
    );
  });
});
