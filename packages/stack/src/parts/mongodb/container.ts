import type { ContainerServer } from '../part.ts';
export function mongoContainer(): ContainerServer {
  throw new Error('not yet');
}
