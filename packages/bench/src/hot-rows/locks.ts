import { type Connection, createConnection } from 'mysql2/promise';
import type { ShardConfig } from '@ordershard/shard-router';

/** Locks rows as another application would: in transactions of sessions that have nothing to do with the router. */
export class Locks {
  readonly #url: string;
  readonly #idle: Connection[] = [];

  constructor({ writer }: ShardConfig) {
    this.#url = writer;
  }

  /** Locks a row; resolves, with the function that lets it go, when the lock is had. */
  async lock(number: bigint): Promise<() => Promise<void>> {
    const session = this.#idle.pop() ?? (await createConnection({ uri: this.#url, supportBigNumbers: true }));
    await session.query('START TRANSACTION');
    await session.query('SELECT n FROM hot_rows WHERE number = ? FOR UPDATE', [String(number)]);
    return async () => {
      await session.query('ROLLBACK');
      this.#idle.push(session);
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#idle.map((session) => session.end()));
  }
}
