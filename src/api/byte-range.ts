import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';

export interface Bytes {
  readonly type: string;
  readonly bytes: number;
  /** In quotes; strong: equal ones are of the same bytes. */
  readonly etag: string;
  /** From the byte `start` to before `end`. */
  read(start: number, end: number): AsyncIterable<Uint8Array>;
}

const rangeForm = /^bytes=(\d{0,15})-(\d{0,15})$/;

/** @returns undefined for all of it; null if it lies outside */
function readRange(header: string | undefined, bytes: number): [number, number] | undefined | null {
  const match = rangeForm.exec(header ?? '');
  // One that can't be read, or of several pieces, may be left out of account (RFC 9110 section 14.2).
  if (match === null) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(0, bytes - Number(last)) : Number(first);
  const end = first === '' || last === '' ? bytes : Math.min(bytes, Number(last) + 1);
  if (first !== '' && last !== '' && Number(last) < start) return undefined;
  return start >= bytes || end <= start ? null : [start, end];
}

/** Answers with bytes or the range of them that was asked for (RFC 9110 section 14). */
export function sendBytes(request: FastifyRequest, reply: FastifyReply, file: Bytes): FastifyReply {
  const { range: wanted, 'if-range': condition, 'if-none-match': known } = request.headers;
  void reply.header('accept-ranges', 'bytes').header('etag', file.etag);
  if (known === file.etag) return reply.code(304).send();
  const isSame = condition === undefined || condition === file.etag;
  const range = isSame ? readRange(wanted, file.bytes) : undefined;
  if (range === null) {
    return reply
      .code(416)
      .header('content-range', `bytes */${file.bytes}`)
      .send({ error: 'This range is not in it.' });
  }
  const [start, end] = range ?? [0, file.bytes];
  if (range !== undefined) {
    void reply.code(206).header('content-range', `bytes ${start}-${end - 1}/${file.bytes}`);
  }
  void reply.type(file.type).header('content-length', end - start);
  if (request.method === 'HEAD') return reply.send();
  return reply.send(Readable.from(file.read(start, end), { objectMode: false }));
}
