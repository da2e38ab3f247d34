import type { PoolConnection, QueryOptions } from 'mysql2';
import { type Lent, lend } from '../context/lent.ts';
import { type Frame, remainingMs } from '../context/scope.ts';
import { RouterError, ScopeClosedError } from '../errors.ts';
import type { OpenTransaction } from '../fence/open-transaction.ts';
import type { ObservedTransaction } from '../observe/observe-transaction.ts';
import type { ConnectionHost } from './connection-host.ts';
import { ConnectionTransaction } from './connection-transaction.ts';
import { type Link, sendCommand, sendStatement } from './send-command.ts';
import type { Done, ShardPool } from './shard-pool.ts';
import type { StreamedQuery } from './streamed-query.ts';
import { transactionControl, type TransactionControl } from './transaction-control.ts';

/** The answer to a statement that only controls the transaction. */
const OK = Object.freeze({
  fieldCount: 0,
  affectedRows: 0,
  insertId: 0,
  info: '',
  serverStatus: 2,
  warningStatus: 0,
  changedRows: 0,
});

/** A command that waits until the statement before it, which controls the transaction, is answered. */
interface Waiting {
  /** Sends it; throws when nothing may be sent any more. */
  run(): void;
  refuse(error: unknown): void;
}

/**
 * Runs the commands of a connection that belongs to one scope, in the order in which they were asked for. After a statement
 * that controls the transaction, nothing is sent until that statement is answered. So when a transaction is refused at its
 * beginning, no later statement is sent outside of it.
 */
export class ConnectionWork implements Link, Lent {
  readonly frame: Frame;
  readonly host: ConnectionHost;
  readonly underWay = new Set<Done>();
  raw: PoolConnection;
  pool: ShardPool;
  readonly #transaction: ConnectionTransaction;
  readonly #streams = new Set<StreamedQuery>();
  readonly #released: () => void;
  #waiting: Waiting[] = [];
  #controlling = false;
  #over = false;

  /** @param released called when the connection is given back */
  constructor(
    raw: PoolConnection,
    frame: Frame,
    pool: ShardPool,
    host: ConnectionHost,
    released: () => void,
  ) {
    this.raw = raw;
    this.frame = frame;
    this.pool = pool;
    this.host = host;
    this.#released = released;
    this.#transaction = new ConnectionTransaction(this);
    lend(frame.life, this);
  }

  get transaction(): OpenTransaction | undefined {
    return this.#transaction.open;
  }

  get observed(): ObservedTransaction | undefined {
    return this.#transaction.observed;
  }

  /** Whether it was given back, or its scope is over. */
  get over(): boolean {
    return this.#over;
  }

  failed(error: unknown): void {
    this.host.failed(error);
  }

  /** Returns why nothing may be sent any more; undefined when sending is allowed. */
  refusal(): Error | undefined {
    if (this.#over || !this.frame.life.open)
      return new ScopeClosedError('the scope of this connection is over');
    if (this.frame.transaction?.open === false)
      return new ScopeClosedError('the transaction of this connection has ended');
    try {
      remainingMs(this.frame, Infinity);
      return undefined;
    } catch (error) {
      return error as Error;
    }
  }

  /** Sends a statement, or does what it asks of the transaction. `done` is called later in every case. */
  statement(method: 'query' | 'execute', options: QueryOptions, done: Done): void {
    const control = transactionControl(options.sql);
    if (control !== undefined) this.control(control, done);
    else this.#inTurn(() => this.#sent(() => sendStatement(this, method, options, done)), done);
  }

  /** Sends another command that is answered once, such as a ping. */
  command(name: string, start: (answered: Done) => void, done: Done): void {
    this.#inTurn(() => this.#sent(() => sendCommand(this, name, start, done)), done);
  }

  /** Sends a statement whose rows come as events. */
  stream(query: StreamedQuery): void {
    this.#streams.add(query);
    const ended = (lost: boolean, error: unknown) => {
      this.#streams.delete(query);
      // The transaction, or a part of it, was lost with the connection; or the statement failed and no listener heard of it.
      if (lost || (error !== undefined && !query.heard)) this.transaction?.doom();
    };
    const run = () => this.#sent(() => query.start(this.raw, ended));
    this.#inTurn(run, (error) => {
      this.#streams.delete(query);
      query.fail(error);
    });
  }

  /** The streams that are not read to their end. */
  get streams(): Iterable<StreamedQuery> {
    return this.#streams;
  }

  /** Does what a statement asks of the transaction, when the one before it is answered. */
  control(control: TransactionControl, told: Done): void {
    const run = () => {
      this.#controlling = true;
      this.#transaction.control(control).then(
        () => this.#controlled(told, null),
        (error: unknown) => {
          const translated = this.pool.translate(error);
          if (!(error instanceof RouterError)) this.failed(translated);
          this.#controlled(told, translated, control.do === 'begin');
        },
      );
    };
    this.#inTurn(run, told);
  }

  /**
   * Gives the connection back. Statements under way fail, because nobody reads their answers. A statement that controls the
   * transaction is waited for, and a transaction that is open then is rolled back.
   */
  release(): void {
    if (this.#over) return;
    this.#over = true;
    this.frame.life.lent?.delete(this);
    this.#refuseWaiting(new ScopeClosedError('its connection was given back'));
    if (!this.#controlling) this.#giveBack();
  }

  reclaim(): void {
    this.release();
  }

  /** Ends the connection, and the transaction with it. */
  destroy(): void {
    if (this.#over) return;
    this.#transaction.destroy();
    this.release();
  }

  #inTurn(run: () => void, refuse: (error: never) => void): void {
    // After the give-back, new commands are refused at once, because nobody looks at those that wait then.
    if (this.#controlling && !this.#over) {
      this.#waiting.push({ run, refuse: refuse as Waiting['refuse'] });
      return;
    }
    this.#run({ run, refuse: refuse as Waiting['refuse'] });
  }

  #run(waiting: Waiting): void {
    const refusal = this.refusal();
    if (refusal !== undefined) {
      process.nextTick(() => waiting.refuse(refusal));
      return;
    }
    try {
      waiting.run();
    } catch (error) {
      process.nextTick(() => waiting.refuse(error));
    }
  }

  #sent(send: () => void): void {
    this.#transaction.sent();
    send();
  }

  /** Reports the outcome of a statement that controls the transaction, and lets the commands that waited for it go on. */
  #controlled(done: Done, error: unknown, refused = false): void {
    this.#controlling = false;
    if (error === null) process.nextTick(done, null, OK);
    else process.nextTick(done, error);
    if (refused) {
      this.#refuseWaiting(error);
      // Some builders never give back a connection on which no transaction could begin.
      if (this.#transaction.refused && !this.#over) {
        this.release();
        return;
      }
    }
    if (this.#over) {
      this.#giveBack();
      return;
    }
    while (!this.#controlling && this.#waiting.length > 0) this.#run(this.#waiting.shift()!);
  }

  #refuseWaiting(error: unknown): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const each of waiting) process.nextTick(() => each.refuse(error));
  }

  #giveBack(): void {
    const givenBack = new ScopeClosedError('its connection was given back while it ran');
    // In a transaction of the router, what is under way belongs to that transaction. Only streams that have a reader are
    // left: nobody may read them on.
    const joined = this.frame.transaction !== undefined;
    for (const stream of this.#streams) {
      if (!joined) stream.fail(givenBack);
      else if (stream.hasReader) stream.leave(givenBack);
    }
    const underWay = [...this.underWay];
    this.#transaction.giveBack();
    if (!joined) for (const answered of underWay) process.nextTick(answered, givenBack);
    this.#released();
  }
}
