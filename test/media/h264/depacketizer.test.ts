import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AccessUnit, H264Depacketizer } from '../../../src/media/h264/depacketizer.ts';

/** Numbers that look random and are the same each time (mulberry32). */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const sps = Buffer.from([0x67, 1, 2, 3]);
const pps = Buffer.from([0x68, 1]);
const slice = (type: number, isFirst: boolean, bytes: number): Buffer =>
  Buffer.concat([Buffer.from([0x60 | type, isFirst ? 0x88 : 0x40]), Buffer.alloc(bytes, type)]);

class Sender {
  sequence = 65_530;

  packet(payload: Buffer, timestamp: number, marker = false): Buffer {
    const head = Buffer.alloc(12);
    head[0] = 0x80;
    head[1] = 96 | (marker ? 0x80 : 0);
    head.writeUInt16BE(this.sequence, 2);
    head.writeUInt32BE(timestamp, 4);
    this.sequence = (this.sequence + 1) & 0xffff;
    return Buffer.concat([head, payload]);
  }

  aggregate(nals: readonly Buffer[], timestamp: number, marker = false): Buffer {
    const parts = nals.flatMap((nal) => [Buffer.from([nal.length >> 8, nal.length & 0xff]), nal]);
    return this.packet(Buffer.concat([Buffer.from([0x78]), ...parts]), timestamp, marker);
  }

  fragments(nal: Buffer, timestamp: number, bytesEach: number, marker = false): Buffer[] {
    const [header = 0] = nal;
    const found: Buffer[] = [];
    for (let at = 1; at < nal.length; at += bytesEach) {
      const isLast = at + bytesEach >= nal.length;
      const flags = (at === 1 ? 0x80 : 0) | (isLast ? 0x40 : 0);
      const head = Buffer.from([(header & 0xe0) | 28, flags | (header & 0x1f)]);
      const payload = Buffer.concat([head, nal.subarray(at, at + bytesEach)]);
      found.push(this.packet(payload, timestamp, marker && isLast));
    }
    return found;
  }
}

function read(packets: readonly Buffer[]): { units: AccessUnit[]; losses: number } {
  const units: AccessUnit[] = [];
  let losses = 0;
  const depacketizer = new H264Depacketizer(96, {
    onUnit: (unit) => units.push(unit),
    onLoss: () => (losses += 1),
  });
  for (const packet of packets) depacketizer.push(packet);
  return { units, losses };
}

describe('the reader of H.264 in RTP', () => {
  const key = slice(5, true, 3000);
  const other = slice(1, true, 10);

  it('puts pictures together from whole, aggregated and fragmented NAL units', () => {
    const sender = new Sender();
    const { units, losses } = read([
      sender.aggregate([sps, pps], 100),
      ...sender.fragments(key, 100, 700, true),
      sender.packet(other, 200, true),
      sender.packet(sps, 290),
      sender.aggregate([pps, other], 300, true),
    ]);
    assert.equal(losses, 0);
    assert.deepEqual(units, [
      { timestamp: 100, nals: [sps, pps, key] },
      { timestamp: 200, nals: [other] },
      { timestamp: 300, nals: [sps, pps, other] },
    ]);
  });

  it('reads packets with padding, an extension and sources', () => {
    const head = Buffer.from([0xb1, 0x80 | 96, 0, 1, 0, 0, 0, 9, 0, 0, 0, 0, 1, 1, 1, 1]);
    const extension = Buffer.from([0, 0, 0, 1, 7, 7, 7, 7]);
    const { units } = read([Buffer.concat([head, extension, other, Buffer.from([0, 0, 3])])]);
    assert.deepEqual(units, [{ timestamp: 9, nals: [other] }]);
  });

  it('ends pictures by the time where markers are missing', () => {
    const sender = new Sender();
    const { units, losses } = read([1, 2, 3].map((time) => sender.packet(other, time)));
    assert.deepEqual([units.map(({ timestamp }) => timestamp), losses], [[1, 2], 0]);
  });

  it('sees that a camera sets the marker at each slice, at the cost of one picture', () => {
    const sender = new Sender();
    const more = slice(1, false, 10);
    const { units, losses } = read(
      [1, 2, 3, 4].flatMap((time) => [
        sender.packet(other, time, true),
        sender.packet(more, time, true),
      ]),
    );
    assert.equal(losses, 1);
    assert.deepEqual(
      units.map(({ nals }) => nals.length),
      [1, 2, 2],
    );
  });

  it('tells a loss, and makes no picture of what is left', () => {
    const sender = new Sender();
    const packets = [
      ...sender.fragments(key, 1, 700, true),
      ...sender.fragments(key, 2, 700, true),
      sender.packet(other, 3, true),
    ];
    for (let lost = 5; lost < 10; lost += 1) {
      const { units, losses } = read(packets.filter((_, i) => i !== lost));
      assert.ok(losses > 0, String(lost));
      assert.deepEqual(
        units.map(({ timestamp }) => timestamp),
        [1, 3],
      );
    }
  });

  it('neither throws nor grows, whatever comes', () => {
    const random = randomNumbers(7);
    for (let round = 0; round < 300; round += 1) {
      const sender = new Sender();
      const packets = Array.from({ length: 40 }, (_, i) =>
        sender.fragments(key, i, 400, true),
      ).flat();
      for (const packet of packets) {
        for (let i = random(4); i > 0; i -= 1) packet[random(30)] = random(256);
      }
      const cut = packets.map((packet) =>
        random(5) === 0 ? packet.subarray(0, random(packet.length)) : packet,
      );
      const { units } = read(cut.sort(() => random(20) - 1));
      for (const { nals } of units) assert.ok(nals.every(({ length }) => length > 0));
    }
    let most = 0;
    const sender = new Sender();
    const depacketizer = new H264Depacketizer(96, {
      onUnit: ({ nals }) => (most = Math.max(most, ...nals.map(({ length }) => length))),
      onLoss: () => {},
    });
    const endless = slice(1, true, 60_000);
    for (let i = 0; i < 200; i += 1) {
      for (const packet of sender.fragments(endless, 1, 30_000).slice(i === 0 ? 0 : 1, 2)) {
        depacketizer.push(packet);
      }
    }
    depacketizer.push(sender.packet(other, 2, true));
    assert.ok(most < 4 * 1024 * 1024);
  });
});
