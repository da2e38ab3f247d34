import type { ShardSession } from '@ordershard/shard-router';
import { countUnsettled, readRelayState, type RelayState } from '../sql/settled.ts';
import type { Aggregate } from './aggregate.ts';
import { DayKeptError } from './errors.ts';

/** Refuses numbers in [from, to) of which an event was not published. Those that are carried over do not count. */
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

/** How far an outbox table is published. @throws DayKeptError when the shard cannot know */
export async function knownState(session: ShardSession, table: string): Promise<RelayState> {
  const state = await readRelayState(session, table);
  if (state.engine === 'connect')
    throw new DayKeptError(`${table} is published by Debezium, and the shard does not know how far that is`);
  return state;
}
