import type { ServerRecord } from '../../stack/state.ts';
import type { ContainerServer } from '../part.ts';
export function connectContainer(_plugins: string, _kafka: ServerRecord): ContainerServer {
  throw new Error('not yet');
}
