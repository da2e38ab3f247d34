import { setTimeout as sleep } from 'node:timers/promises';
import type { ShardSession } from '@ordershard/shard-router';
import { connectionOf, type DdlWait, endMetadataWait, takeTheBlow } from '../sql/retention/metadata-wait.ts';

/** How long DDL may wait for transactions that have read its table. Milliseconds. */
const WAIT_MS = 100;

/** Runs something on another session of the same shard. */
export type Beside = <T>(fn: (session: ShardSession) => Promise<T>) => Promise<T>;

/**
 * Runs DDL that gives way. While DDL waits for a transaction that has read the table, all later sessions wait behind the DDL.
 * The shortest lock wait of MySQL is a whole second, so another session ends the wait sooner, with error 1317. Once the DDL
 * has its lock, it is left alone, however long it takes.
 *
 * @param waited called with what the DDL waited for, when its wait was ended
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
    // Wait for the watcher, so that it ends this statement and not the next one.
    await watching;
    if (ended) await takeTheBlow(session);
  }
}
