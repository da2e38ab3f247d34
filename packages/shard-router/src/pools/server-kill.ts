import type { PoolConnection } from 'mysql2';
import { type ConnectionEnds, isListedAs, killConnection, listConnections } from '../sql/kill-connection.ts';
import { inSession } from './in-session.ts';
import type { ShardPool } from './shard-pool.ts';

/** The ends of a connection; undefined where they are not known. */
export function endsOf(connection: PoolConnection): ConnectionEnds | undefined {
  const { stream } = connection as unknown as { stream?: { localPort?: number } };
  if (!Number.isSafeInteger(connection.threadId) || stream?.localPort === undefined) return undefined;
  return { id: String(connection.threadId), port: stream.localPort };
}

/**
 * Ends, on their server, connections that were given up in the middle of a statement. A server notices that its client is
 * gone only when it writes. Until then a statement that waits for a lock goes on, and its transaction keeps what it holds.
 *
 * A connection is found by its ends. If it is not found, or the server does not answer, only the limit of a lock wait
 * remains.
 */
export class ServerKill {
  readonly #pool: ShardPool;
  #givenUp: ConnectionEnds[] = [];
  #running = false;

  /** @param pool connections of the same server that nothing else holds for long */
  constructor(pool: ShardPool) {
    this.#pool = pool;
  }

  /** Ends a connection in the background, before it is destroyed here. */
  end(connection: PoolConnection): void {
    const ends = endsOf(connection);
    if (ends === undefined) return;
    this.#givenUp.push(ends);
    if (this.#running) return;
    this.#running = true;
    void this.#run().finally(() => {
      this.#running = false;
    });
  }

  async #run(): Promise<void> {
    while (this.#givenUp.length > 0) {
      const given = this.#givenUp;
      this.#givenUp = [];
      // A server that does not answer is not asked for these again.
      await inSession(this.#pool, async (session) => {
        const there = await listConnections(session);
        for (const ends of given) {
          if (there.some((each) => isListedAs(ends, each)))
            await killConnection(session, ends.id).catch(() => undefined); // It has ended meanwhile.
        }
      }).catch(() => undefined);
    }
  }
}
