import { EventEmitter } from 'node:events';
import type { PoolConnection, Query, QueryError, QueryOptions } from 'mysql2';
import { type Frame, remainingMs } from '../context/scope.ts';
import { type WriteTarget } from '../fence/write-target.ts';
import { RouterError, ScopeClosedError, ShardUnavailableError } from '../errors.ts';
import { observeStatement } from '../observe/observe-statement.ts';
import { ObservedTransaction } from '../observe/observe-transaction.ts';
import { commented } from '../observe/telemetry.ts';
import type { OpenTransaction } from '../fence/open-transaction.ts';
import { isContention } from './mysql-errors.ts';
import type { Done, ShardPool } from './shard-pool.ts';
import { StreamedQuery } from './streamed-query.ts';
import { transactionControl, type TransactionControl } from './transaction-control.ts';

/** What a routed connection asks of the router. */
export interface ConnectionHost {
  /** Begins the transaction of a key scope on a connection. */
  begin(
    connection: PoolConnection,
    frame: Frame,
    target: WriteTarget,
    pool: ShardPool,
  ): Promise<OpenTransaction>;
  /** Makes a callback run in the context of whoever passed it, not in that of the socket. */
  bind<F extends (...args: never[]) => unknown>(fn: F): F;
  /** Is told of each failure, for the breaker of the shard. */
  failed(error: unknown): void;
}

/** The answer to a statement that only controls the transaction. */
const OK = {
  fieldCount: 0,
  affectedRows: 0,
  insertId: 0,
  info: '',
  serverStatus: 2,
  warningStatus: 0,
  changedRows: 0,
};

/** Stands for the driver's query of a statement that is not sent as it is: some set listeners on what they get. */
function noQuery(): Query {
  return new EventEmitter() as Query;
}

/** Runs `fn` as a part of a transaction that is observed. */
function within<T>(observed: ObservedTransaction | undefined, fn: () => T): T {
  return observed === undefined ? fn() : observed.within(fn);
}

/** A statement as the driver takes it. */
export function statementOf(sql: string | QueryOptions, values: unknown): QueryOptions {
  const options: QueryOptions = typeof sql === 'string' ? { sql } : { ...sql };
  if (values !== undefined) options.values = values as NonNullable<QueryOptions['values']>;
  return options;
}

/**
 * A connection of the driver's kind that belongs to one scope: it refuses work when the scope is over, and turns the
 * statements that begin and end a transaction into those of a fenced one. Inside a transaction that is open around it,
 * they become savepoints.
 *
 * It inherits from the driver's own connection, so that query builders find all that they expect.
 */
export function routedConnection(
  raw: PoolConnection,
  frame: Frame,
  pool: ShardPool,
  host: ConnectionHost,
): PoolConnection {
  const joined = frame.transaction;
  /** Whose parts of the transaction this connection's are. */
  const self = {};
  let own: OpenTransaction | undefined;
  /** The observer's view of it. */
  let observed: ObservedTransaction | undefined;
  /** Whether a transaction that only reads is open: there is nothing here to write for. */
  let reading = false;
  let released = false;
  /** Whether the scope counts a transaction of this connection as open. */
  let counted = false;
  /** Streams that are not read to their end. */
  const streams = new Set<StreamedQuery>();

  const failure = (): Error | undefined => {
    if (released || !frame.life.open) return new ScopeClosedError('the scope of this connection is over');
    if (joined !== undefined && !joined.open)
      return new ScopeClosedError('the transaction of this connection has ended');
    try {
      remainingMs(frame, Infinity);
      return undefined;
    } catch (error) {
      return error as Error;
    }
  };

  const count = (open: boolean): void => {
    if (counted === open) return;
    counted = open;
    frame.life.transactions += open ? 1 : -1;
  };

  /** For `.stream()`. */
  const streamed = (options: QueryOptions): Query => {
    const query = new StreamedQuery(options, {
      pool,
      frame,
      around: observed,
      bind: (fn) => host.bind(fn),
      failed: (error) => host.failed(error),
    });
    streams.add(query);
    query.start(raw, (lost, error) => {
      streams.delete(query);
      // The transaction went with it, or a part of that.
      if (lost || (error !== undefined && isContention(error))) (own ?? joined)?.doom();
    });
    return query as unknown as Query;
  };

  const send = (
    method: 'query' | 'execute',
    options: QueryOptions,
    caller: Done | undefined,
  ): Query | undefined => {
    const { sql } = options;
    if (caller === undefined) return method === 'query' ? streamed(options) : undefined;
    if (method === 'query') options.sql = commented(pool, sql);
    const timeoutMs = remainingMs(frame, pool.limits.statementTimeoutMs);
    const timer = setTimeout(() => {
      raw.destroy();
      settle(
        new ShardUnavailableError(
          pool.shard,
          `the statement was not answered within ${timeoutMs} ms`,
        ) as never,
      );
    }, timeoutMs);
    const done = observeStatement(
      pool,
      sql,
      caller as (error: unknown, result?: unknown, fields?: unknown) => void,
      observed,
    );
    let over = false;
    const settle: Done = (error, result, fields) => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      if (error === null) {
        pool.onAnswer?.();
        done(null, result, fields);
        return;
      }
      // The server has taken back the statement, or all: what is left must not be committed.
      if (isContention(error)) {
        (own ?? joined)?.doom();
        observed?.givenUp(error);
      }
      const translated = pool.translate(error);
      host.failed(translated);
      done(translated);
    };
    try {
      return raw[method](options, settle) as Query;
    } catch (error) {
      process.nextTick(settle, error); // A value that the driver refuses before it sends anything.
      return undefined;
    }
  };

  const savepoint = (sql: string): Promise<void> =>
    new Promise((resolve, reject) => {
      send('query', { sql }, (error) => (error === null ? resolve() : reject(error)));
    });

  const control = async (verb: TransactionControl): Promise<void> => {
    const transaction = own ?? joined;
    if (verb === 'begin') {
      if (transaction?.open === true) return savepoint(transaction.enter(self));
      if (frame.target !== undefined) {
        const { target } = frame;
        observed = ObservedTransaction.start(pool.observer, pool.shard);
        observed?.attempt(pool.shard);
        try {
          own = await within(observed, () => host.begin(raw, frame, target, pool));
        } catch (error) {
          observed?.failed(error);
          observed = undefined;
          // No transaction is open, and some builders never give back a connection on which none could begin.
          released = true;
          pool.giveBack(raw, error);
          throw error;
        }
      }
      if (own === undefined) {
        await savepoint('START TRANSACTION READ ONLY');
        reading = true;
      }
      count(true);
      return undefined;
    }
    const left = transaction?.leave(self, verb);
    if (left !== undefined) return left.sql === undefined ? undefined : savepoint(left.sql);
    if (joined !== undefined) {
      // The transaction around this connection is not ours to end; a rollback of a part is one of all.
      if (verb === 'rollback') joined.doom();
      return undefined;
    }
    if (own === undefined) {
      await savepoint(verb.toUpperCase());
      reading = false;
      count(false);
      return undefined;
    }
    return endOwn(own, verb);
  };

  const endOwn = async (ending: OpenTransaction, verb: 'commit' | 'rollback'): Promise<void> => {
    const watched = observed;
    try {
      if (verb === 'rollback') {
        await within(watched, () => ending.rollback());
        watched?.rolledBack();
      } else {
        frame.life.writes.committed = true;
        await within(watched, () => ending.commit());
        watched?.committed();
      }
    } catch (error) {
      // One that refuses to be committed is still open.
      if (!ending.open) watched?.failed(error);
      throw error;
    } finally {
      if (!ending.open && own === ending) {
        own = undefined;
        observed = undefined;
        count(false);
      }
    }
  };

  const run =
    (method: 'query' | 'execute') =>
    (sql: string | QueryOptions, ...rest: unknown[]): Query | undefined => {
      const last = rest.at(-1);
      const done = typeof last === 'function' ? host.bind(last as Done) : undefined;
      const values = rest.length > 0 && typeof rest[0] !== 'function' ? rest[0] : undefined;
      const options = statementOf(sql, values);
      const refused = failure();
      if (refused !== undefined) {
        if (done === undefined) throw refused;
        process.nextTick(done, refused);
        return noQuery();
      }
      const verb = transactionControl(options.sql);
      if (verb === undefined || done === undefined) return send(method, options, done);
      control(verb).then(
        () => process.nextTick(done, null, OK),
        (error: unknown) => {
          if (!(error instanceof RouterError)) host.failed(pool.translate(error));
          process.nextTick(done, pool.translate(error));
        },
      );
      return noQuery();
    };

  const controlled = (verb: TransactionControl) => (done?: (error: QueryError | null) => void) => {
    query(verb, (error: QueryError | null) => done?.(error));
  };
  const query = run('query');

  const release = () => {
    if (released) return;
    released = true;
    count(false);
    const unread = streams.size > 0;
    for (const stream of streams) stream.fail(new ScopeClosedError('its connection was given back'));
    if (joined !== undefined) {
      // A part that its user left open cannot be told from one that should stay.
      if (joined.open && joined.leave(self, 'rollback') !== undefined) joined.doom();
      return;
    }
    if (own?.open === true || reading || unread) {
      raw.destroy(); // Left open by its user: the server takes it back.
      observed?.rolledBack();
    } else raw.release();
  };

  const connection = Object.create(raw, {
    query: { value: query },
    execute: { value: run('execute') },
    beginTransaction: { value: controlled('begin') },
    commit: { value: controlled('commit') },
    rollback: { value: controlled('rollback') },
    release: { value: release },
    end: {
      value: (done?: () => void) => {
        release();
        done?.();
      },
    },
    destroy: {
      value: () => {
        if (joined !== undefined) joined.doom();
        else if (!released) raw.destroy();
        observed?.rolledBack();
        released = true;
        count(false);
      },
    },
    [Symbol.dispose]: { value: release },
  }) as PoolConnection;
  EventEmitter.call(connection as never);
  return connection;
}
