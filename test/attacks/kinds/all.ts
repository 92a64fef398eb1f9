import type { Attack } from '../attack.ts';
import { nobody } from './nobody.ts';
import { rtspHeaders } from './rtsp-headers.ts';

export const attacks: readonly Attack[] = [...nobody, rtspHeaders];
