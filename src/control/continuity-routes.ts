import type { FastifyInstance } from 'fastify';
import { isRecording } from '../model/camera-status.ts';
import type { ContinuityAnswer } from '../contract/control.ts';
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
    const now = { nowMs: Date.now(), isRecording: isRecording(fleet(), name) };
    return { ...name, ...ledger.continuity.sum(name, { fromMs: from, toMs: to, ...now }) };
  });
}
