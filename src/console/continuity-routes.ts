import type { FastifyInstance } from 'fastify';
import { formatCameraName } from '../lib/names.ts';
import type { ContinuityAnswer } from './api.ts';
import { type NamedCamera, nameOf } from './camera-routes.ts';
import type { ControlParts } from './options.ts';
import { continuityRange, parseRequest } from './requests.ts';

/** What became of each moment of a camera's time. */
export function addContinuityRoutes(
  app: FastifyInstance,
  { ledger, fleet }: Pick<ControlParts, 'ledger' | 'fleet'>,
): void {
  app.get<NamedCamera>('/continuity/:account/:name', (request): ContinuityAnswer => {
    const name = nameOf(request.params);
    const { from, to } = parseRequest(continuityRange, request.query);
    const wanted = formatCameraName(name);
    const isRecording = fleet().some(
      (status) => formatCameraName(status) === wanted && status.state === 'recording',
    );
    const nowMs = Date.now();
    return { ...name, ...ledger.continuity(name, { fromMs: from, toMs: to, nowMs, isRecording }) };
  });
}
