import { setTimeout as sleep } from 'node:timers/promises';
import type { PoolConnection } from 'mysql2';
import { UnitTooLargeError } from '../errors.ts';
import { endsOf } from '../pools/server-kill.ts';
import type { Shard } from '../pools/shard.ts';
import { interruptSession } from '../sql/interrupt-session.ts';
import { isListedAs, killConnection, listConnections } from '../sql/kill-connection.ts';
import { type MergedSession, readMergedSession } from '../sql/merged-writes.ts';
import { byBytes } from './by-bytes.ts';
import { MergedTransaction, type MergeTarget, type WaitPolicy } from './merged-transaction.ts';
import type { PendingUnit } from './pending-unit.ts';
import { bytesOf } from './unit.ts';

/** How long an answer that the server has sent may take to arrive here, milliseconds. */
const ON_ITS_WAY_MS = 20;

/** Writes units on connections of a shard, and remembers what is known of the server behind each connection. */
export class UnitRunner {
  readonly #shard: Shard;
  readonly #timeoutMs: number;
  readonly #learnKeyGeneration: MergeTarget['learnKeyGeneration'];
  readonly #sessions = new WeakMap<PoolConnection, MergedSession>();

  constructor(shard: Shard, timeoutMs: number, learnKeyGeneration: MergeTarget['learnKeyGeneration']) {
    this.#shard = shard;
    this.#timeoutMs = timeoutMs;
    this.#learnKeyGeneration = learnKeyGeneration;
  }

  /**
   * Writes units on one connection, in as few transactions as possible: it settles each unit or sets it aside. When it
   * throws, the connection has failed: units that are `sent` may have been applied, and other units that are not settled were
   * not.
   */
  run(units: readonly PendingUnit[], waits: Omit<WaitPolicy, 'interrupt' | 'endIfIdle'>): Promise<void> {
    const shard = this.#shard;
    return shard.attempt(async () => {
      const pool = shard.merging();
      await pool.connected(async (connection) => {
        const session = await this.#sessionOf(connection);
        const transaction = new MergedTransaction(connection, {
          pool,
          timeoutMs: this.#timeoutMs,
          maxBytes: session.maxPacket,
          learnKeyGeneration: this.#learnKeyGeneration,
          waits: {
            ...waits,
            interrupt: () => this.#interrupt(session),
            endIfIdle: (stillWaits) => this.#endIfIdle(connection, stillWaits),
          },
        });
        for (const fitting of fittingInto(units, session)) await transaction.write(fitting);
      });
    });
  }

  /**
   * Returns what is known of a connection's server. It asks once per connection, because the next connection may reach
   * another server.
   */
  async #sessionOf(connection: PoolConnection): Promise<MergedSession> {
    let session = this.#sessions.get(connection);
    if (session === undefined) {
      session = await readMergedSession(connection, this.#shard.merging(), this.#timeoutMs);
      this.#sessions.set(connection, session);
    }
    return session;
  }

  /** Interrupts a session's statement. If that fails, the server's own limit on lock waits ends the statement. */
  async #interrupt({ id }: MergedSession): Promise<void> {
    try {
      await this.#shard.operate((session) => interruptSession(session, id));
    } catch {
      // The statement, or the whole session, may have ended by itself.
    }
  }

  /**
   * Ends a connection that is idle on its server. Behind a proxy the connection is not found and stays as it is: a proxy
   * could hold back the last answer, which otherwise arrives before the end of the connection.
   */
  async #endIfIdle(connection: PoolConnection, stillWaits: () => boolean): Promise<boolean> {
    const ends = endsOf(connection);
    if (ends === undefined) return false;
    try {
      return await this.#shard.look(async (session) => {
        const isIdle = async () =>
          (await listConnections(session)).some((each) => isListedAs(ends, each) && each.command === 'Sleep');
        if (!(await isIdle())) return false;
        await sleep(ON_ITS_WAY_MS);
        if (!stillWaits() || !(await isIdle()) || !stillWaits()) return false;
        await killConnection(session, ends.id);
        return true;
      });
    } catch {
      // The server does not answer, or the session is gone: then the connection says so by itself.
      return false;
    }
  }
}

/** Splits units into groups whose texts the server accepts in one piece. A unit that is too long by itself fails alone. */
function fittingInto(
  units: readonly PendingUnit[],
  { maxPacket }: MergedSession,
): readonly (readonly PendingUnit[])[] {
  const waiting = units.filter(({ settled }) => !settled);
  const { groups, tooLong } = byBytes(waiting, maxPacket, {
    lengthOf: ({ text }) => text.length,
    bytesOf: ({ text }) => bytesOf(text),
  });
  for (const { item, bytes } of tooLong)
    item.reject(
      new UnitTooLargeError(`the unit has ${bytes} bytes, and the server takes ${maxPacket} at once`),
    );
  return groups;
}
