import { setImmediate } from 'node:timers/promises';
import { execa } from 'execa';
import type { Browser, Page } from 'playwright-core';
import type { RtspCamera } from '../stand-ins/rtsp-camera.ts';
import { ffmpeg } from '../support/tools.ts';
import { eventually } from '../support/until.ts';

const width = 64;
const height = 36;
/** The stand-in's clip, after which the same pictures come again. */
const clipSeconds = 10;

/** A picture on the screen. */
interface OnScreen {
  /** ms since 1970 UTC. */
  readonly atMs: number;
  /** In grey, small. */
  readonly pixels: readonly number[];
}

/** Notes when live playback was begun, and all pictures of any video from the first on. */
const noting = `{
  window.seen = { begunMs: undefined, firstMs: undefined, pictures: [] };
  const wallMs = (ms) => performance.timeOrigin + ms;
  window.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given);
      seen.begunMs ??= wallMs(performance.now());
    }
  };
  const canvas = new OffscreenCanvas(${width}, ${height});
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const ask = HTMLVideoElement.prototype.requestVideoFrameCallback;
  HTMLVideoElement.prototype.requestVideoFrameCallback = function (callback) {
    return ask.call(this, (now, picture) => {
      seen.firstMs ??= wallMs(picture.expectedDisplayTime);
      if (seen.pictures.length < 1000) {
        context.drawImage(this, 0, 0, ${width}, ${height});
        const { data } = context.getImageData(0, 0, ${width}, ${height});
        const pixels = [];
        for (let i = 0; i < data.length; i += 4)
          pixels.push(Math.round(0.299 * data[i] + 0.587 * data[i + 1] + 0.114 * data[i + 2]));
        seen.pictures.push({ atMs: wallMs(picture.expectedDisplayTime), pixels });
      }
      callback(now, picture);
    });
  };
}`;

export interface LivePage extends AsyncDisposable {
  readonly page: Page;
  /** From the connection to the first picture on the screen. */
  firstMs(): Promise<number>;
  /** Behind the camera, of each picture that has been on the screen for `ms`. */
  delaysMs(ms: number): Promise<number[]>;
}

/** What the camera sends, known by its pixels: its pictures are of a test source in a loop. */
export class KnownPictures {
  readonly #pictures: readonly Uint8Array[];
  readonly #camera: RtspCamera;

  private constructor(pictures: readonly Uint8Array[], camera: RtspCamera) {
    this.#pictures = pictures;
    this.#camera = camera;
  }

  static async of(
    camera: RtspCamera,
    shape: { width: number; height: number; framesPerSecond: number },
  ): Promise<KnownPictures> {
    const { stdout } = await execa(
      ffmpeg(),
      [
        '-nostdin',
        '-loglevel',
        'error',
        '-f',
        'lavfi',
        '-i',
        `testsrc2=size=${shape.width}x${shape.height}:rate=${shape.framesPerSecond}:duration=${clipSeconds}`,
        '-vf',
        `scale=${width}:${height}:flags=area,format=gray`,
        '-f',
        'rawvideo',
        'pipe:1',
      ],
      { encoding: 'buffer' },
    );
    const bytes = width * height;
    const count = stdout.length / bytes;
    const pictures = Array.from({ length: count }, (_, i) =>
      stdout.subarray(i * bytes, (i + 1) * bytes),
    );
    return new KnownPictures(pictures, camera);
  }

  /** When the camera sent what is on the screen; undefined if that is not known. */
  sentMs({ atMs, pixels }: OnScreen): number | undefined {
    const far = this.#pictures.map((known) =>
      known.reduce((sum, value, i) => sum + Math.abs(value - (pixels[i] ?? 0)), 0),
    );
    const nearest = far.indexOf(Math.min(...far));
    // The first picture has the number 1.
    let sent: number | undefined;
    for (const [picture, sentMs] of this.#camera.sent.at(-1)?.pictures ?? []) {
      if ((picture - 1) % this.#pictures.length === nearest && sentMs <= atMs) sent = sentMs;
    }
    return sent;
  }
}

/** @param path of the page, as `#/live/front-door` */
export async function openLivePage(
  browser: Browser,
  known: KnownPictures,
  { origin, cookie, path }: { origin: string; cookie: string; path: string },
): Promise<LivePage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const [name = '', value = ''] = cookie.split('=');
  await context.addCookies([{ name, value, url: origin }]);
  await context.addInitScript(noting);
  const page = await context.newPage();
  await page.goto(`${origin}/${path}`);
  return {
    page,
    firstMs: () =>
      eventually('the first picture', 20_000, () =>
        page.evaluate<number | undefined>(
          'window.seen.firstMs && window.seen.firstMs - window.seen.begunMs',
        ),
      ),
    delaysMs: async (ms) => {
      await page.evaluate('void (window.seen.pictures = [])');
      await page.waitForTimeout(ms);
      const pictures = await page.evaluate<OnScreen[]>('window.seen.pictures');
      const delays: number[] = [];
      for (const picture of pictures) {
        const sentMs = known.sentMs(picture);
        if (sentMs !== undefined) delays.push(picture.atMs - sentMs);
        // The camera is in this process, and must not be held up.
        await setImmediate();
      }
      return delays;
    },
    [Symbol.asyncDispose]: () => context.close(),
  };
}
