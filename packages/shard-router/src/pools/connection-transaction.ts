import type { PoolConnection } from 'mysql2';
import { type Frame, noteCommitted, remainingMs } from '../context/scope.ts';
import { TransactionControlError } from '../errors.ts';
import type { OpenTransaction } from '../fence/open-transaction.ts';
import type { PartEnd } from '../fence/transaction-parts.ts';
import type { WriteTarget } from '../fence/write-target.ts';
import { ObservedTransaction } from '../observe/observe-transaction.ts';
import type { ConnectionHost } from './connection-host.ts';
import { type Link, sendStatement } from './send-command.ts';
import type { ShardPool } from './shard-pool.ts';
import type { TransactionControl, TransactionModes } from './transaction-control.ts';

/**
 * The connection of a transaction. A transaction that begins to write may move to another connection than it read on before.
 */
interface On extends Link {
  raw: PoolConnection;
  pool: ShardPool;
  readonly frame: Frame;
  readonly host: ConnectionHost;
}

const NO_MODES: TransactionModes = { access: undefined };

function refused(why: string): TransactionControlError {
  return new TransactionControlError(why);
}

/**
 * The transaction of a routed connection. In a key scope, a statement that begins a transaction begins the fenced one of the
 * key. Inside an open transaction, its own or the router's around it, it begins a part, with a savepoint. No statement that
 * controls a transaction is sent as it came.
 */
export class ConnectionTransaction {
  readonly #on: On;
  /** The sender of all statements of this connection. */
  readonly #owner = {};
  readonly #joined: OpenTransaction | undefined;
  #own: OpenTransaction | undefined;
  /** Whether a transaction that only reads is open. */
  #reading = false;
  /** The modes that `SET TRANSACTION` has set for the next transaction. */
  #next = NO_MODES;
  /** Whether the scope counts a transaction of this connection as open. */
  #counted = false;
  #observed: ObservedTransaction | undefined;
  #refused = false;

  constructor(on: On) {
    this.#on = on;
    this.#joined = on.frame.transaction;
  }

  /** The fenced transaction that statements sent here belong to; undefined when there is none. */
  get open(): OpenTransaction | undefined {
    return this.#own ?? this.#joined;
  }

  get observed(): ObservedTransaction | undefined {
    return this.#observed;
  }

  /** Whether a transaction was to begin here and could not. */
  get refused(): boolean {
    return this.#refused;
  }

  /** Notes that a statement is sent that does not control the transaction. */
  sent(): void {
    const { open } = this;
    if (open !== undefined) open.parts.sent(this.#owner);
    else if (!this.#reading) this.#next = NO_MODES; // It was the next transaction.
  }

  /** Does what a statement asks. */
  async control(control: TransactionControl): Promise<void> {
    switch (control.do) {
      case 'refuse':
        throw refused(control.why);
      case 'begin':
        return this.#begin(control.modes);
      case 'commit':
      case 'rollback':
        return this.#end(control.do);
      case 'savepoint':
      case 'rollback to':
      case 'release':
        return this.#savepoint(control.do, control.name);
      case 'set next':
        if (this.open?.open === true || this.#reading)
          throw refused('a transaction is open: it stays as it was begun');
        this.#next = { ...this.#next, ...chosen(control.modes) };
    }
  }

  /** Gives the connection back. An open transaction is rolled back. */
  giveBack(): void {
    this.#count(false);
    const { raw, pool } = this.#on;
    if (this.#joined !== undefined) {
      if (this.#joined.open) this.#joined.parts.abandon(this.#owner);
    } else if (this.#own?.open === true || this.#reading) {
      raw.destroy(); // The server takes it back.
      this.#observed?.rolledBack();
    } else pool.giveBack(raw);
  }

  /** Ends the connection. The router's own transaction cannot be committed then. */
  destroy(): void {
    if (this.#joined !== undefined) this.#joined.doom();
    else this.#on.raw.destroy();
    this.#observed?.rolledBack();
  }

  async #begin(asked: TransactionModes): Promise<void> {
    const modes = { ...this.#next, ...chosen(asked) };
    const { open } = this;
    if (open?.open === true) {
      if (modes.access === 'read only' || modes.isolation !== undefined || modes.snapshot === true)
        throw refused('a transaction that writes is open: none of other modes can begin inside it');
      return this.#send(open.parts.enter(this.#owner));
    }
    if (this.#reading) throw refused('a transaction that only reads is open: none can begin inside it');
    this.#next = NO_MODES;
    const { target } = this.#on.frame;
    if (modes.access === 'read only' || (target === undefined && modes.access === undefined))
      return this.#beginReading(modes);
    if (target === undefined) throw refused('this scope has no key: nothing can be written in it');
    if (modes.snapshot === true)
      throw refused(
        'a fenced transaction takes its locks before its snapshot: use ISOLATION LEVEL REPEATABLE READ',
      );
    try {
      await this.#beginWriting(target, modes.isolation);
    } catch (error) {
      this.#refused = true;
      throw error;
    }
  }

  async #beginReading({ isolation, snapshot = false }: TransactionModes): Promise<void> {
    // In a session that is READ COMMITTED, the server would ignore the snapshot.
    const level = isolation ?? (snapshot ? 'REPEATABLE READ' : undefined);
    if (level !== undefined) await this.#send(`SET TRANSACTION ISOLATION LEVEL ${level}`);
    await this.#send(`START TRANSACTION ${snapshot ? 'WITH CONSISTENT SNAPSHOT, ' : ''}READ ONLY`);
    this.#reading = true;
    this.#count(true);
  }

  async #beginWriting(target: WriteTarget, isolation: string | undefined): Promise<void> {
    const on = this.#on;
    await this.#useWriter();
    this.#observed = ObservedTransaction.start(on.pool.observer, on.pool.shard);
    this.#observed?.attempt(on.pool.shard);
    try {
      if (isolation !== undefined) await this.#send(`SET TRANSACTION ISOLATION LEVEL ${isolation}`);
      this.#own = await this.#within(() => on.host.begin(on.raw, on.frame, target, on.pool));
      this.#count(true);
    } catch (error) {
      this.#observed?.failed(error);
      this.#observed = undefined;
      throw error;
    }
  }

  /** Exchanges a reader's connection for one of the server that takes writes. */
  async #useWriter(): Promise<void> {
    const on = this.#on;
    const writer = on.host.writerOf(on.frame);
    if (writer === on.pool) return;
    const raw = await writer.acquire(remainingMs(on.frame, writer.limits.queueTimeoutMs));
    on.pool.giveBack(on.raw);
    on.pool = writer;
    on.raw = raw;
  }

  async #end(how: 'commit' | 'rollback'): Promise<void> {
    const part = this.open?.parts.leave(this.#owner, how);
    if (part !== undefined) return this.#endPart(part);
    if (this.#joined !== undefined) {
      // The transaction around this connection is not ours to end. To roll back a part means that all of it must roll back.
      if (how === 'rollback') this.#joined.doom();
    } else if (this.#own !== undefined) await this.#endOwn(this.#own, how);
    else if (this.#reading) {
      await this.#send(how.toUpperCase());
      this.#reading = false;
      this.#count(false);
    }
    this.#next = NO_MODES;
  }

  /**
   * Ends the connection's own transaction. One that cannot be committed is rolled back: after the answer to COMMIT, whatever
   * it is, no transaction is open.
   */
  async #endOwn(own: OpenTransaction, how: 'commit' | 'rollback'): Promise<void> {
    const observed = this.#observed;
    try {
      if (how === 'rollback') {
        await this.#within(() => own.rollback());
        observed?.rolledBack();
      } else {
        noteCommitted(this.#on.frame, this.#on.frame.shard);
        await this.#within(() => own.commit());
        observed?.committed();
      }
    } catch (error) {
      const told = await own.abandon(error);
      observed?.failed(told);
      throw told;
    } finally {
      this.#own = undefined;
      this.#observed = undefined;
      this.#count(false);
    }
  }

  async #savepoint(how: 'savepoint' | 'rollback to' | 'release', name: string): Promise<void> {
    const { open } = this;
    if (open?.open !== true) {
      if (!this.#reading) throw refused('no transaction is open: there is nothing to go back to');
      const quoted = `\`${name.replaceAll('`', '``')}\``;
      const verbs = {
        savepoint: 'SAVEPOINT',
        'rollback to': 'ROLLBACK TO SAVEPOINT',
        release: 'RELEASE SAVEPOINT',
      };
      return this.#send(`${verbs[how]} ${quoted}`);
    }
    if (how === 'savepoint') return this.#send(open.parts.enter(this.#owner, name));
    const part =
      how === 'release' ? open.parts.release(this.#owner, name) : open.parts.rollbackTo(this.#owner, name);
    if (part === undefined) throw refused(`there is no savepoint ${name}`);
    return this.#endPart(part);
  }

  async #endPart({ sql }: PartEnd): Promise<void> {
    if (sql !== undefined) await this.#send(sql);
  }

  #send(sql: string): Promise<void> {
    return new Promise((resolve, reject) => {
      sendStatement(this.#on, 'query', { sql }, (error) => (error === null ? resolve() : reject(error)));
    });
  }

  #within<T>(fn: () => T): T {
    return this.#observed === undefined ? fn() : this.#observed.within(fn);
  }

  #count(open: boolean): void {
    if (this.#counted === open) return;
    this.#counted = open;
    this.#on.frame.life.transactions += open ? 1 : -1;
  }
}

/** Returns the modes that the statement has set, without the others. */
function chosen(modes: TransactionModes): Partial<TransactionModes> {
  return Object.fromEntries(Object.entries(modes).filter(([, mode]) => mode !== undefined && mode !== false));
}
