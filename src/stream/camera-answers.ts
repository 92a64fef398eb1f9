import { quoted } from '../lib/words.ts';

/** live555ProxyServer can't read a longer answer. */
const maxAnswerBytes = 20_000;
/** More than any server needs, and the most that our own reader of RTSP takes. */
const maxHeadBytes = 8 * 1024;
/** More than any camera has. */
const maxTracks = 16;
/** A status of RTSP; 401 only asks for the password. */
const refusal = /^RTSP\/1\.\d (?!401)[45]\d\d\b/;
/** How an answer or a request begins; the first bytes may have come alone. */
const beginning = /^(RTSP\/|[A-Z_]{3,16} |[A-Z_]{0,16}$)/;
/** First byte of a frame of media. */
const dollar = 0x24;

/**
 * What a camera's RTSP server answers before its first picture, to tell what is wrong with it: a relay
 * that can't read an answer floods its log, or waits for the rest and says nothing.
 */
export class CameraAnswers {
  #newest: AnswerReader | undefined;

  /** @returns what takes all bytes that the camera sends in a new connection, in chunks as they come */
  watch(): (chunk: Buffer) => void {
    const reader = new AnswerReader();
    return (chunk) => {
      // A connection in which nothing came tells less than the one before.
      this.#newest = reader;
      reader.take(chunk);
    };
  }

  /** Forgets what came so far: a new recording begins. */
  forget(): void {
    this.#newest = undefined;
  }

  /** Why the newest answer can't be relayed, in words that quote it; undefined if it can. */
  get wrong(): string | undefined {
    return told(this.#newest?.wrong);
  }

  /** The same, or why the newest answer gives no stream: the camera refuses, or says less than it announced. */
  get poor(): string | undefined {
    return this.wrong ?? told(this.#newest?.poor);
  }
}

const told = (words: string | undefined): string | undefined =>
  words && `the camera's RTSP server ${words}`;

/** Reads the answers of one connection, up to the first that is wrong. Keeps no more than one of them. */
class AnswerReader {
  #bytes = Buffer.alloc(0);
  #plays = false;
  wrong: string | undefined;
  poor: string | undefined;

  take(chunk: Buffer): void {
    if (this.#plays || this.wrong !== undefined) return;
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    while (this.#bytes.length > 0 && this.#takeAnswer());
    if (this.#plays || this.wrong !== undefined) this.#bytes = Buffer.alloc(0);
  }

  /** @returns whether there was a whole answer, and there may be another */
  #takeAnswer(): boolean {
    const bytes = this.#bytes;
    this.poor = undefined;
    if (bytes[0] === dollar) {
      this.#plays = true;
      return false;
    }
    const end = bytes.indexOf('\r\n\r\n');
    const head = bytes.toString('latin1', 0, end < 0 ? bytes.length : end);
    const start = quoted(head.split('\r\n')[0] ?? '');
    if (!beginning.test(head)) {
      return this.#isWrong(`answers with what is no RTSP: ${start}`);
    }
    if (head.length > maxHeadBytes) {
      return this.#isWrong(`answers ${start} with a head of more than ${maxHeadBytes} bytes`);
    }
    if (end < 0) {
      this.poor = `answers ${start} with a head that does not end`;
      return false;
    }
    const said = /^content-length:[ \t]*(.*)$/im.exec(head)?.[1]?.trim() ?? '0';
    const bodyBytes = /^\d{1,9}$/.test(said) ? Number(said) : Infinity;
    const wholeBytes = end + 4 + bodyBytes;
    if (wholeBytes > maxAnswerBytes) {
      const length = `with Content-Length ${quoted(said)}`;
      return this.#isWrong(
        `answers ${start} ${length}; at most ${maxAnswerBytes} bytes can be relayed`,
      );
    }
    if (bytes.length < wholeBytes) {
      this.poor = `answers ${start} and sends ${bytes.length - end - 4} of the ${bodyBytes} bytes that it announces`;
      return false;
    }
    const body = bytes.toString('latin1', end + 4, wholeBytes);
    const tracks = body.match(/^m=/gm)?.length ?? 0;
    if (tracks > maxTracks) return this.#isWrong(`answers ${start} and describes ${tracks} tracks`);
    if (refusal.test(head)) this.poor = `answers ${start}`;
    this.#bytes = bytes.subarray(wholeBytes);
    return true;
  }

  #isWrong(words: string): false {
    this.wrong = words;
    return false;
  }
}
