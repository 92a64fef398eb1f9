import type { FastifyReply } from 'fastify';
import type { Camera } from '../model/camera.ts';

/** What is different for the askers of a door where both doors have the same routes. */
export interface Reach<Who> {
  readonly prefix: '' | '/api';
  readonly cameraPath: '/cameras/{account}/{camera}' | '/api/cameras/{camera}';
  /** Whether details of gaps are shown, which are for operators. */
  readonly showsDetails: boolean;
  /** @throws {HttpError} or {UnknownNameError} there is no such camera, or `who` may not see it */
  requireCamera(who: Who, params: { readonly account?: string; readonly camera: string }): Camera;
  /** Under which name the exports of `who` are kept; undefined: those of the operators. */
  ownerOf(who: Who): string | undefined;
  /** @throws {HttpError} 404 if `who` may no longer see the camera of an own export */
  checkExport(who: Who, camera: string): void;
}

/** Aborts when whoever asked has gone. */
export function hungUp(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort(new Error('nobody waits for the answer')));
  return gone.signal;
}
