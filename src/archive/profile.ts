/** What becomes of a camera's media on its way into a file. */
export type Profile =
  /** The picture as the camera sends it. Sound that isn't AAC is made AAC, since players and MP4 want it. */
  | { readonly kind: 'copy' }
  /** A smaller picture, never a larger one; H.264 and AAC, which play anywhere. */
  | {
      readonly kind: 'downsample';
      /** Pixels. */
      readonly maxWidth: number;
      readonly framesPerSecond: number;
      /** x264's constant rate factor: 18 looks perfect, 28 is small. */
      readonly crf: number;
      /** x264's speed; `superfast` and `ultrafast` only: the others look ahead, and pictures come late. */
      readonly preset: string;
      readonly audioBitsPerSecond: number;
    };

export const downsample: Profile = {
  kind: 'downsample',
  maxWidth: 640,
  framesPerSecond: 10,
  crf: 28,
  preset: 'superfast',
  audioBitsPerSecond: 32_000,
};

/** What a camera sends, as its SDP tells; codecs by any of their usual names. */
export interface SourceMedia {
  readonly video?: { readonly codec: string };
  readonly audio?: { readonly codec: string };
}
