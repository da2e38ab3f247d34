import type { ContainerServer } from '../part.ts';
export function kafkaContainer(): ContainerServer {
  throw new Error('not yet');
}
