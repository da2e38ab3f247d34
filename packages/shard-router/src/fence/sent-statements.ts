import type { PoolConnection } from 'mysql2';
import { type Command, watchCommands } from '../pools/server-status.ts';
import { isConnectionLost, isContention, isReadOnlySession } from '../pools/mysql-errors.ts';

/** SERVER_STATUS_IN_TRANS: the flag of an OK packet that says that a transaction is open. */
const IN_TRANSACTION = 1;

/** What the answers to a transaction's statements show to be wrong with it. */
export type Fault =
  /**
   * The server rolled back a statement or the whole transaction, or the connection failed: the rest must not be committed.
   */
  | 'given up'
  /** A statement ended the transaction: what was written before may have been committed, and by whom is not known. */
  | 'ended';

/** Statements that cannot end a transaction, even when they fail. */
const ROWS_ONLY = /^[\s(]*(?:select|insert|update|delete|replace|with)\b/i;

/** The members of the driver's connection that are used here and missing in its types. */
interface Wire {
  readonly stream?: { readonly destroyed: boolean; once(event: 'close', done: () => void): unknown };
}

/** Whether an OK packet says that a transaction is open; undefined for a result that is no OK packet, such as rows. */
export function saysInTransaction(result: unknown): boolean | undefined {
  const last: unknown = Array.isArray(result) ? result.at(-1) : result;
  const status = (last as { readonly serverStatus?: unknown } | undefined)?.serverStatus;
  return typeof status === 'number' ? (status & IN_TRANSACTION) !== 0 : undefined;
}

/**
 * Watches every command that is sent on a connection during a transaction, by any sender and through any method of the
 * driver. So the transaction can wait for all answers before COMMIT, and it misses nothing that the server has said about it.
 * The rejected alternative is that each sender reports its commands: a driver method that nobody thought of, such as that of
 * a prepared statement, would not report.
 */
export class SentStatements {
  readonly #connection: PoolConnection;
  readonly #failed: (fault: Fault) => void;
  #watching = true;
  #underWay = 0;
  #givenUp = false;
  #doubtful = false;
  #allAnswered: (() => void) | undefined;

  /** @param failed called with each fault when it is seen */
  constructor(connection: PoolConnection, failed: (fault: Fault) => void) {
    this.#connection = connection;
    this.#failed = failed;
    watchCommands(connection, (command) => this.#watch(command));
  }

  /** Whether the last answer does not show if the transaction is still open: some statements end it and then fail. */
  get doubtful(): boolean {
    return this.#doubtful;
  }

  /** Stops watching. */
  stop(): void {
    // After the first stop, another transaction may be on the connection.
    if (!this.#watching) return;
    this.#watching = false;
    watchCommands(this.#connection, undefined);
  }

  /** Resolves when every sent command is answered, or the connection is closed; undefined when none is under way. */
  answered(): Promise<void> | undefined {
    if (this.#underWay === 0) return undefined;
    return new Promise((resolve) => {
      // After the callbacks of the last answer: the driver calls them in a later tick.
      this.#allAnswered = () => setImmediate(resolve);
      const { stream } = this.#connection as unknown as Wire;
      if (stream?.destroyed === true) resolve();
      else stream?.once('close', resolve);
    });
  }

  #watch(command: Command): void {
    this.#underWay += 1;
    const { onResult } = command;
    if (onResult === undefined) {
      command.once('error', (error) => this.#refused(error, command));
      if (!isRowsOnly(command)) this.#doubtful = true;
    } else {
      command.onResult = (error, result, fields) => {
        if (error === null || error === undefined) this.#accepted(result, command);
        else this.#refused(error, command);
        onResult(error, result, fields);
      };
    }
    command.once('end', this.#ended);
  }

  readonly #ended = (): void => {
    this.#underWay -= 1;
    if (this.#underWay === 0) this.#allAnswered?.();
  };

  #refused(error: unknown, command: Command): void {
    if (isContention(error) || isConnectionLost(error)) {
      this.#givenUp = true;
      this.#failed('given up');
    } else if (isReadOnlySession(error)) {
      // The session refuses this only outside of a transaction: the statement has ended the transaction first.
      if (!this.#givenUp) this.#failed('ended');
    } else if (!isRowsOnly(command)) this.#doubtful = true;
  }

  #accepted(result: unknown, command: Command): void {
    const open = saysInTransaction(result);
    if (open === undefined) {
      if (!isRowsOnly(command)) this.#doubtful = true;
      return;
    }
    this.#doubtful = false;
    // Once the server has rolled back everything, later statements run outside of the transaction. They can write nothing,
    // because the session is read only.
    if (!open && !this.#givenUp) this.#failed('ended');
  }
}

function isRowsOnly({ sql }: Command): boolean {
  return sql !== undefined && ROWS_ONLY.test(sql);
}
