import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { storedPictures } from '../faults/stored-pictures.ts';
import type { Site, StoredSegment } from '../support/site.ts';

/** Pictures that a camera made and that are not in the bucket, between two that are. */
interface Loss {
  /** When the next one was sent that is there. */
  readonly atMs: number;
  readonly pictures: number;
}

const atOnce = 8;
/** Between two segments that follow each other. */
const seamMs = 1_000;

/** Reads what comes to the bucket of a site whose cameras stamp their pictures, and finds what is missing. */
export class PictureCheck {
  readonly #site: Site;
  readonly #client: S3Client;
  readonly #read = new Map<string, { readonly endMs: number; readonly picture: number }>();
  readonly #done = new Set<string>();
  readonly #losses: Loss[] = [];

  constructor(site: Site) {
    this.#site = site;
    this.#client = site.s3;
  }

  /** Reads what is new. What does not follow is left, for what lies between may be on its way; at the end it is not. */
  async proceed(atTheEnd = false): Promise<void> {
    const byCamera = new Map<string, StoredSegment[]>();
    for (const segment of await this.#site.stored()) {
      if (this.#done.has(segment.key)) continue;
      byCamera.set(segment.camera, [...(byCamera.get(segment.camera) ?? []), segment]);
    }
    const waiting = [...byCamera];
    const work = async (): Promise<void> => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        const [camera, segments] = next;
        for (const segment of segments) {
          const before = this.#read.get(camera);
          const follows = before === undefined || segment.startMs - before.endMs < seamMs;
          if (!follows && !atTheEnd) break;
          await this.#take(segment);
        }
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
  }

  /** Until when all cameras that have footage are read, in milliseconds since 1970 UTC. */
  get readToMs(): number {
    return Math.min(...[...this.#read.values()].map(({ endMs }) => endMs));
  }

  /** Of all cameras, between two times; in what has been read. */
  lostBetween(fromMs: number, toMs: number): number {
    const within = this.#losses.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
    return within.reduce((sum, { pictures }) => sum + pictures, 0);
  }

  [Symbol.dispose](): void {
    this.#client.destroy();
  }

  async #take({ camera, key, startMs, durationMs }: StoredSegment): Promise<void> {
    const { Body } = await this.#client.send(new GetObjectCommand({ Bucket: 'footage', Key: key }));
    const file = Buffer.from((await Body?.transformToByteArray()) ?? []);
    let last = this.#read.get(camera)?.picture;
    for (const { picture, sentMs } of storedPictures(file)) {
      const pictures = last === undefined ? 0 : picture - last - 1;
      if (pictures > 0) this.#losses.push({ atMs: sentMs, pictures });
      last = Math.max(picture, last ?? 0);
    }
    this.#done.add(key);
    this.#read.set(camera, { endMs: startMs + durationMs, picture: last ?? 0 });
  }
}
