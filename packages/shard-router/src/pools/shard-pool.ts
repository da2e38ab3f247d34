import { createPool, type Pool, type PoolConnection } from 'mysql2/promise';
import { ShardUnavailableError } from '../errors.ts';
import type { Endpoint } from '../topology/endpoint.ts';
import { isConnectionFailure, translateError } from './mysql-errors.ts';
import { PooledSession, type ShardSession } from './session.ts';

/** Limits of a pool of one endpoint. Times in milliseconds. */
export interface PoolLimits {
  /** Connections at the most. */
  readonly connections: number;
  /** Callers that may wait for a connection; more are refused at once. */
  readonly queue: number;
  readonly connectTimeoutMs: number;
  /** How long one statement may take before its connection is given up. */
  readonly statementTimeoutMs: number;
}

/** Whether sessions refuse every write outside a transaction that says READ WRITE. */
export type SessionMode = 'read only' | 'read write';

// Backslash escapes must be on: statements are escaped in the client on that ground.
const SQL_MODE =
  'STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION';

/** The connections to one endpoint of a shard, only had through a callback that gives them back. */
export class ShardPool {
  readonly shard: number;
  readonly #pool: Pool;
  readonly #limits: PoolLimits;

  constructor(shard: number, endpoint: Endpoint, mode: SessionMode, limits: PoolLimits) {
    this.shard = shard;
    this.#limits = limits;
    this.#pool = createPool({
      ...endpoint,
      charset: 'utf8mb4_bin',
      timezone: 'Z',
      dateStrings: true,
      supportBigNumbers: true,
      bigNumberStrings: true,
      jsonStrings: true,
      connectionLimit: limits.connections,
      queueLimit: limits.queue,
      connectTimeout: limits.connectTimeoutMs,
      enableKeepAlive: true,
    });
    // Sent before anything else on a new connection. Should it fail, so does every statement after it.
    this.#pool.on('connection', (connection) => {
      const raw = connection as unknown as {
        query(sql: string, done: (error: Error | null) => void): void;
        destroy(): void;
      };
      const setUp = (sql: string) =>
        raw.query(sql, (error) => {
          if (error !== null) raw.destroy();
        });
      setUp(`SET time_zone = '+00:00', sql_mode = '${SQL_MODE}'`);
      setUp(`SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, ${mode.toUpperCase()}`);
    });
  }

  /** Runs `fn` with a session. The session closes when `fn` is done; a connection that failed is destroyed. */
  async use<T>(fn: (session: ShardSession) => Promise<T>): Promise<T> {
    return this.connected(async (connection) => {
      const session = new PooledSession(this.shard, connection, this.#limits.statementTimeoutMs);
      try {
        return await fn(session);
      } finally {
        session.close();
      }
    });
  }

  /** Runs `fn` with a bare connection of the pool, for those that manage its transaction themselves. */
  async connected<T>(fn: (connection: PoolConnection, limits: PoolLimits) => Promise<T>): Promise<T> {
    let connection: PoolConnection;
    try {
      connection = await this.#pool.getConnection();
    } catch (error) {
      if (error instanceof Error && error.message === 'Queue limit reached.') {
        throw new ShardUnavailableError(this.shard, 'too many callers wait for a connection', {
          cause: error,
        });
      }
      throw translateError(error, this.shard);
    }
    try {
      const result = await fn(connection, this.#limits);
      connection.release();
      return result;
    } catch (error) {
      if (isConnectionFailure(error) || error instanceof ShardUnavailableError) connection.destroy();
      else connection.release();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}
