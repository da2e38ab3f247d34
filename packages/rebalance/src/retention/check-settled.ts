import type { ShardSession } from '@ordershard/shard-router';
import { countUnsettled, readRelayState, type RelayState } from '../sql/settled.ts';
import type { Aggregate } from './aggregate.ts';
import { DayKeptError } from './errors.ts';

/** Throws when an event of a number in [from, to) is not published. Does not count numbers that are carried over. */
export async function checkSettled(
  session: ShardSession,
  { outbox, root }: Aggregate,
  from: bigint,
  to: bigint,
): Promise<void> {
  for (const table of outbox) {
    const state = await knownState(session, table);
    const unsettled = await countUnsettled(session, table, state, from, to, root.carriedIn);
    if (unsettled > 0n) throw new DayKeptError(`${unsettled} rows of ${table} are not published yet`);
  }
}

/** Returns how far an outbox table is published. @throws DayKeptError when the shard cannot know */
export async function knownState(session: ShardSession, table: string): Promise<RelayState> {
  const state = await readRelayState(session, table);
  if (state.engine === 'connect')
    throw new DayKeptError(`${table} is published by Debezium, and the shard does not know how far that is`);
  return state;
}
