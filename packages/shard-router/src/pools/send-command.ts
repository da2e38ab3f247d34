import type { PoolConnection, QueryOptions } from 'mysql2';
import { type Frame, remainingMs } from '../context/scope.ts';
import type { OpenTransaction } from '../fence/open-transaction.ts';
import { observeStatement } from '../observe/observe-statement.ts';
import type { ObservedTransaction } from '../observe/observe-transaction.ts';
import { commented } from '../observe/telemetry.ts';
import { isContention } from './mysql-errors.ts';
import type { Done, ShardPool } from './shard-pool.ts';

/** A way to the server: a connection, and the scope and transaction that its commands belong to. */
export interface Link {
  readonly raw: PoolConnection;
  readonly pool: ShardPool;
  readonly frame: Frame;
  /** The transaction that is open on the connection. */
  readonly transaction: OpenTransaction | undefined;
  readonly observed: ObservedTransaction | undefined;
  /** The callbacks that end commands which are sent and not answered yet. */
  readonly underWay: Set<Done> | undefined;
  /** Called with each failure, for the breaker of the shard. */
  failed(error: unknown): void;
}

/**
 * Sends a command and ends it in time: when the server does not answer, the connection is given up.
 *
 * @param start passes the command to the driver, with the callback for the answer
 * @throws ScopeClosedError, DeadlineExceededError when nothing may be sent any more
 */
export function sendCommand(link: Link, sql: string, start: (answered: Done) => void, caller: Done): void {
  const { pool, observed, underWay } = link;
  const timeoutMs = remainingMs(link.frame, pool.limits.statementTimeoutMs);
  const done = observeStatement(
    pool,
    sql,
    caller as (error: unknown, result?: unknown, fields?: unknown) => void,
    observed,
  );
  let over = false;
  const timer = setTimeout(() => {
    pool.abandon(link.raw);
    link.transaction?.doom();
    answered(pool.late(timeoutMs) as never);
  }, timeoutMs);
  const answered: Done = (error, result, fields) => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    underWay?.delete(answered);
    if (error === null || error === undefined) {
      pool.onAnswer?.();
      done(null, result, fields);
      return;
    }
    if (isContention(error)) observed?.givenUp(error);
    const translated = pool.translate(error);
    link.failed(translated);
    done(translated);
  };
  underWay?.add(answered);
  try {
    start(answered);
  } catch (error) {
    process.nextTick(answered, error); // A value that the driver refuses before it sends anything.
  }
}

/** Sends a statement as the driver's `query` or `execute` takes it. */
export function sendStatement(
  link: Link,
  method: 'query' | 'execute',
  options: QueryOptions,
  done: Done,
): void {
  const { sql } = options;
  if (method === 'query') options.sql = commented(link.pool, sql);
  sendCommand(link, sql, (answered) => void link.raw[method](options, answered), done);
}
