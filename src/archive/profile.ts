/** How a camera's media are recorded. */
export type Profile =
  /** The picture as the camera sends it. Sound becomes AAC, which players and MP4 expect. */
  | { readonly kind: 'copy' }
  /** A smaller picture, never a larger one; in H.264 and AAC, which play anywhere. */
  | {
      readonly kind: 'downsample';
      /** Pixels. */
      readonly maxWidth: number;
      readonly framesPerSecond: number;
      /** x264's constant rate factor: 18 looks perfect, 28 is small. */
      readonly crf: number;
      /** x264's preset, from `ultrafast` to `medium`. */
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

/** The media of a camera according to its SDP; codecs by any of their usual names. */
export interface SourceMedia {
  readonly video?: { readonly codec: string };
  readonly audio?: { readonly codec: string };
}
