import { setTimeout as sleep } from 'node:timers/promises';
import type { ShardSession } from '@ordershard/shard-router';
import { connectionOf, type DdlWait, endMetadataWait, takeTheBlow } from '../sql/retention/metadata-wait.ts';

/** How long DDL may wait for those who have read its table. Milliseconds. */
const WAIT_MS = 100;

/** Runs something on another session of the same shard. */
export type Beside = <T>(fn: (session: ShardSession) => Promise<T>) => Promise<T>;

/**
 * Runs DDL that gives way. While it waits for a transaction that has read the table, all who come later wait behind it,
 * and the shortest wait that MySQL can be told is a whole second: another session ends it sooner, with error 1317. DDL
 * that has its lock is left alone, however long it takes.
 *
 * @param waited told what the DDL was ended for
 */
export async function givingWay(
  session: ShardSession,
  beside: Beside,
  ddl: () => Promise<void>,
  waited: (wait: DdlWait) => void = () => undefined,
): Promise<void> {
  const connection = await connectionOf(session);
  const over = new AbortController();
  let ended = false;
  const watching = (async () => {
    while (!over.signal.aborted) {
      await sleep(WAIT_MS, undefined, { signal: over.signal });
      const wait = await beside((other) => endMetadataWait(other, connection));
      if (wait === undefined) continue;
      ended = true;
      waited(wait);
    }
  })().catch(() => undefined); // Not watched, it is the server that ends the wait.
  try {
    await ddl();
  } finally {
    over.abort();
    // So that what it ends is this statement, and not the next one.
    await watching;
    if (ended) await takeTheBlow(session);
  }
}
