import { randomUUID } from 'node:crypto';

const PREFIX = 'anonymous.';

/** A name for the consumer group of one run of one instance. */
export function anonymousGroup(run: string = randomUUID()): string {
  return `${PREFIX}${run}`;
}

/**
 * Whether a consumer group is one instance's of a bus. There are as many as instances, each stays behind empty when its
 * instance has ended, and none commits offsets: their lag says nothing, so metrics leave them out.
 */
export function isAnonymousGroup(groupId: string): boolean {
  return groupId.startsWith(PREFIX);
}
