import { randomUUID } from 'node:crypto';

const PREFIX = 'anonymous.';

/** A name for the consumer group of one run of one instance. */
export function anonymousGroup(run: string = randomUUID()): string {
  return `${PREFIX}${run}`;
}

/**
 * Whether a consumer group belongs to one instance of a bus. There are as many such groups as instances. Each stays behind
 * empty when its instance has ended, and none commits offsets. So their lag says nothing, and metrics leave them out.
 */
export function isAnonymousGroup(groupId: string): boolean {
  return groupId.startsWith(PREFIX);
}
