// Reads the media time at which an MP4 fragment begins (ISO/IEC 14496-12).

function findBox(view: DataView, path: readonly string[], from = 0, to = view.byteLength): number {
  const [wanted, ...rest] = path;
  for (let at = from; at + 8 <= to; ) {
    const size = view.getUint32(at);
    if (size < 8 || at + size > to) return -1;
    const type = String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + at + 4, 4));
    if (type === wanted) return rest.length === 0 ? at + 8 : findBox(view, rest, at + 8, at + size);
    at += size;
  }
  return -1;
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Ticks per second of an init segment's first track (8.4.2, mdhd); undefined without a track. */
export function timescaleOf(init: Uint8Array): number | undefined {
  const view = viewOf(init);
  const at = findBox(view, ['moov', 'trak', 'mdia', 'mdhd']);
  if (at < 0) return undefined;
  return view.getUint32(at + (view.getUint8(at) === 1 ? 20 : 12)) || undefined;
}

/** Ticks at which a fragment's first track begins (8.8.12, tfdt); undefined if there is no such box. */
export function decodeTimeOf(fragment: Uint8Array): number | undefined {
  const view = viewOf(fragment);
  const at = findBox(view, ['moof', 'traf', 'tfdt']);
  if (at < 0) return undefined;
  return view.getUint8(at) === 1 ? Number(view.getBigUint64(at + 4)) : view.getUint32(at + 4);
}
