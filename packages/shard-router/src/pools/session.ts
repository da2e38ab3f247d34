import type { PoolConnection, ResultSetHeader } from 'mysql2';
import { ScopeClosedError } from '../errors.ts';
import { observeStatement } from '../observe/observe-statement.ts';
import { commented } from '../observe/telemetry.ts';
import { lateError } from './late.ts';
import { translateError } from './mysql-errors.ts';
import type { SentIn } from './send-within.ts';
import { checkValues, type SqlValue } from './values.ts';

/** The result of a statement that returns no rows. */
export interface ExecuteResult {
  readonly affectedRows: number;
  /** The first id that AUTO_INCREMENT gave, as decimal text. */
  readonly insertId: string;
}

/**
 * A connection to one shard for as long as a callback runs. BIGINT and DECIMAL come as text, JSON as text, DATETIME as
 * text in UTC. A `?` takes a {@link SqlValue}; everything else is refused by type.
 */
export interface ShardSession {
  readonly shard: number;
  query<Row>(sql: string, values?: readonly SqlValue[]): Promise<Row[]>;
  execute(sql: string, values?: readonly SqlValue[]): Promise<ExecuteResult>;
}

/** The session over a connection. Once closed it refuses all work: its connection belongs to someone else. */
export class ConnectionSession implements ShardSession {
  readonly shard: number;
  readonly #connection: PoolConnection;
  readonly #timeoutMs: () => number;
  readonly #pool: SentIn | undefined;
  #open = true;
  /** Fails the statements that are under way. */
  readonly #underWay = new Set<(error: Error) => void>();

  /**
   * @param timeoutMs returns how long a statement may take; called before each one, throws when no more may be sent
   * @param pool the pool that the connection comes from, for observers
   */
  constructor(shard: number, connection: PoolConnection, timeoutMs: () => number, pool?: SentIn) {
    this.shard = shard;
    this.#connection = connection;
    this.#timeoutMs = timeoutMs;
    this.#pool = pool;
  }

  async query<Row>(sql: string, values: readonly SqlValue[] = []): Promise<Row[]> {
    return (await this.#send(sql, values)) as Row[];
  }

  async execute(sql: string, values: readonly SqlValue[] = []): Promise<ExecuteResult> {
    const { affectedRows, insertId } = (await this.#send(sql, values)) as ResultSetHeader;
    return { affectedRows, insertId: String(insertId) };
  }

  /** Refuses new statements. Statements under way finish. */
  close(): void {
    this.#open = false;
  }

  /** Refuses new statements and fails those under way: their connection is given back, so nobody reads their answers. */
  end(): void {
    this.close();
    for (const fail of this.#underWay) fail(closed());
  }

  #send(sql: string, values: readonly SqlValue[]): Promise<unknown> {
    if (!this.#open) return Promise.reject(closed());
    return new Promise((resolve, reject) => {
      checkValues(values);
      const timeoutMs = this.#timeoutMs();
      let over = false;
      const settle = observeStatement(this.#pool, sql, (error, result?: unknown) => {
        over = true;
        clearTimeout(timer);
        this.#underWay.delete(settle);
        if (error === null) resolve(result);
        else reject(error as Error);
      });
      const timer = setTimeout(() => {
        if (this.#pool?.abandon === undefined) this.#connection.destroy();
        else this.#pool.abandon(this.#connection);
        settle(this.#pool?.late?.(timeoutMs) ?? lateError(this, timeoutMs));
      }, timeoutMs);
      this.#underWay.add(settle);
      const text = commented(this.#pool, sql);
      this.#connection.query({ sql: text, values: values as SqlValue[] }, (error, result) => {
        if (over) return;
        if (error === null) settle(null, result);
        else settle(this.#pool?.translate?.(error) ?? translateError(error, this.shard));
      });
    });
  }
}

function closed(): ScopeClosedError {
  return new ScopeClosedError('the scope of this session is over');
}
