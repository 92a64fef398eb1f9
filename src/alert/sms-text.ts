import type { OutgoingMessage } from './channel.ts';

// The alphabet of GSM 03.38 (3GPP TS 23.038 section 6.2.1); `extended` takes two septets each.
const basic = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
const extended = new Set('\f^{}\\[~]|€');

export interface SmsSize {
  /** `gsm7` if every character is in the GSM alphabet, else `ucs2`. */
  readonly encoding: 'gsm7' | 'ucs2';
  /** Septets, or UTF-16 units. */
  readonly units: number;
  /** How many SMS are sent and paid for. */
  readonly parts: number;
}

const limits = { gsm7: { alone: 160, joined: 153 }, ucs2: { alone: 70, joined: 67 } } as const;

/** The size of a text as SMS (3GPP TS 23.040). */
export function smsSize(text: string): SmsSize {
  const septets = septetsOf(text);
  const encoding = septets === undefined ? 'ucs2' : 'gsm7';
  const units = septets ?? text.length;
  const { alone, joined } = limits[encoding];
  return { encoding, units, parts: units <= alone ? 1 : Math.ceil(units / joined) };
}

function septetsOf(text: string): number | undefined {
  let septets = 0;
  for (const character of text) {
    if (basic.has(character)) septets += 1;
    else if (extended.has(character)) septets += 2;
    else return undefined;
  }
  return septets;
}

const lookalikes: Readonly<Record<string, string>> = {
  '‘': "'",
  '’': "'",
  '“': '"',
  '”': '"',
  '–': '-',
  '—': '-',
  '…': '...',
  '·': '.',
  '\u00A0': ' ',
  '\u202F': ' ',
};

// Without the joiners U+200C and U+200D, which emoji and the scripts of Iran and India need.
const control = /(?![\u200C\u200D])\p{C}/gu;

const operatorParts = 3;

/** A message's text for SMS: one part; three for the operator, whose texts are longer. */
export const smsTextOf = ({ text, event }: OutgoingMessage): string =>
  forSms(text, event.account === undefined ? operatorParts : 1);

/**
 * The text for SMS. Cuts it off if it takes more than `maxParts`. Replaces typographic and accented
 * characters if that makes it fit the GSM alphabet. Control characters become spaces.
 */
export function forSms(text: string, maxParts = 1): string {
  const clean = text
    .replace(control, (character) => (character === '\n' ? '\n' : ' '))
    .replace(/ {2,}/g, ' ')
    .trim();
  const plain = Array.from(clean, inAlphabet).join('');
  return shorten(septetsOf(plain) === undefined ? clean : plain, maxParts);
}

function inAlphabet(character: string): string {
  if (basic.has(character) || extended.has(character)) return character;
  return lookalikes[character] ?? character.normalize('NFD').replace(/\p{M}/gu, '');
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

function shorten(text: string, maxParts: number): string {
  const { encoding, parts } = smsSize(text);
  if (parts <= maxParts) return text;
  const mark = encoding === 'gsm7' ? '...' : '…';
  const { alone, joined } = limits[encoding];
  const room = (maxParts === 1 ? alone : joined * maxParts) - mark.length;
  let kept = '';
  let units = 0;
  // Sliced, so that a very long text costs no time.
  for (const { segment } of graphemes.segment(text.slice(0, room * 2))) {
    units += encoding === 'gsm7' ? (septetsOf(segment) ?? 0) : segment.length;
    if (units > room) break;
    kept += segment;
  }
  return kept.trimEnd() + mark;
}
