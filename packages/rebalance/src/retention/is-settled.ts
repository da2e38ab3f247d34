import { countUnsettled } from '../sql/settled.ts';
import { knownState } from './check-settled.ts';
import { DayKeptError } from './errors.ts';
import type { ShardRun } from './shard-run.ts';

/** Returns whether all events of a number are published; false when the shard cannot know. */
export async function isSettled(
  { session, aggregate }: Pick<ShardRun, 'session' | 'aggregate'>,
  number: bigint,
): Promise<boolean> {
  for (const table of aggregate.outbox) {
    try {
      const state = await knownState(session, table);
      if ((await countUnsettled(session, table, state, number, number + 1n)) > 0n) return false;
    } catch (error) {
      if (error instanceof DayKeptError) return false;
      throw error;
    }
  }
  return true;
}
