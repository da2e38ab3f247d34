import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection, type Connection, type ResultSetHeader, type RowDataPacket } from 'mysql2/promise';
import {
  DuplicateRowError,
  GuardRefusedError,
  TransactionAbortedError,
  UnitConditionError,
  type WriteOutcome,
} from '@ordershard/shard-router';
import type { HandUnit } from './hand-unit.ts';

const MOST = 64;
const DUPLICATE = 1062;
const LOCK_WAIT_TIMEOUT = 1205;
const GUARD = 1644;
const AGAIN_MS = 20;

/**
 * Merges the units of one shard by hand on one connection: all that wait go into one text. Without a bug it does what the
 * router does, fences apart; the planted bugs are subclasses that do one thing otherwise.
 */
export class HandLane {
  readonly shard: number;
  readonly #url: string;
  readonly #queue: HandUnit[] = [];
  #connection: Promise<Connection> | undefined;
  #busy = false;

  constructor(shard: number, url: string) {
    this.shard = shard;
    this.#url = url;
  }

  write(unit: HandUnit): void {
    this.#queue.push(unit);
    if (this.#busy) return;
    this.#busy = true;
    setImmediate(() => void this.#run());
  }

  /** The statements of a unit, in the order in which they are sent. */
  protected statementsOf(unit: HandUnit): readonly string[] {
    return unit.statements;
  }

  /** Some units are about to be sent. */
  protected sending?(units: readonly HandUnit[]): void;

  /** The server has refused a statement of the transaction. */
  protected async refused(): Promise<void> {
    await this.query('ROLLBACK');
  }

  /** Nothing of the units was applied, because one of them was refused. */
  protected async failed(units: readonly HandUnit[], error: unknown): Promise<void> {
    if (units.length > 1) {
      for (const unit of units) await this.apply([unit]);
      return;
    }
    const [unit] = units;
    const { errno } = error as { readonly errno?: number };
    if (errno === LOCK_WAIT_TIMEOUT) {
      unit!.reject(new TransactionAbortedError('the lock was not given', { cause: error }));
    } else if (errno === DUPLICATE) {
      if (!(await this.look(unit!))) unit!.reject(new DuplicateRowError('', { cause: error }));
    } else {
      unit!.reject(errno === GUARD ? new GuardRefusedError(error as Error) : error);
    }
  }

  /** The connection was lost with the units on their way: they are asked for again under the same identity. */
  protected async lost(units: readonly HandUnit[]): Promise<void> {
    for (const unit of units) unit.doubt = true;
    this.#queue.unshift(...units);
    await sleep(AGAIN_MS);
  }

  /** Applies units in one transaction. Throws when the connection is lost. */
  protected async apply(units: readonly HandUnit[]): Promise<void> {
    const texts = units.map((unit) => this.statementsOf(unit));
    let results: readonly ResultSetHeader[];
    this.sending?.(units);
    try {
      results = (await this.query(
        opening(units) + texts.flat().join(';\n') + ';\nCOMMIT',
      )) as ResultSetHeader[];
    } catch (error) {
      if (isLost(error)) throw error;
      await this.refused();
      await this.failed(units, error);
      return;
    }
    let at = STATEMENTS_BEFORE;
    for (const [index, unit] of units.entries()) {
      const rows = results.slice(at, (at += texts[index]!.length)).map(({ affectedRows }) => affectedRows);
      if (!unit.guarded || rows[0] !== 0) unit.resolve(this.applied(rows));
      else if (!(await this.look(unit))) unit.reject(new UnitConditionError('the guard found no row'));
    }
  }

  protected applied(affectedRows: readonly number[]): WriteOutcome {
    return { applied: true, shard: this.shard, affectedRows };
  }

  /** Settles a unit whose `already` finds a row; false when it does not. */
  protected async look(unit: HandUnit): Promise<boolean> {
    if (unit.already === undefined) return false;
    const [row] = (await this.query(unit.already)) as RowDataPacket[];
    if (row !== undefined) unit.resolve({ applied: false, shard: this.shard, row });
    return row !== undefined;
  }

  protected async query(sql: string): Promise<unknown> {
    this.#connection ??= connect(this.#url);
    try {
      const connection = await this.#connection;
      return (await connection.query(sql))[0];
    } catch (error) {
      if (isLost(error)) this.#connection = undefined;
      throw error;
    }
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      const units = this.#queue.splice(0, MOST);
      const settled = new Set<HandUnit>();
      const tracked = units.map((unit): HandUnit => tracking(unit, () => settled.add(unit)));
      try {
        const left: HandUnit[] = [];
        for (const unit of tracked) if (!(unit.doubt && (await this.look(unit)))) left.push(unit);
        if (left.length > 0) await this.apply(left);
      } catch (error) {
        const open = units.filter((unit) => !settled.has(unit));
        if (isLost(error)) await this.lost(open);
        else for (const unit of open) unit.reject(error);
      }
    }
    this.#busy = false;
  }
}

const STATEMENTS_BEFORE = 2;

function opening(units: readonly HandUnit[]): string {
  // As the guards look for them: the bucket and the number of each row that may be written.
  const rows = units.flatMap(({ bucket, number }) => (number === undefined ? [] : [`${bucket}:${number}`]));
  const keyBuckets = units.flatMap(({ keyBucket }) => keyBucket ?? []).join(',');
  const variables = `@ordershard_rows = CAST(',${rows.join(',')},' AS BINARY), @ordershard_key_bucket = '${keyBuckets}'`;
  return `SET ${variables};\nSTART TRANSACTION;\n`;
}

/** A unit that tells when it is settled. */
function tracking(unit: HandUnit, settled: () => void): HandUnit {
  return {
    ...unit,
    resolve: (outcome) => {
      settled();
      unit.resolve(outcome);
    },
    reject: (error) => {
      settled();
      unit.reject(error);
    },
  };
}

function isLost(error: unknown): boolean {
  const { fatal, code } = error as { readonly fatal?: boolean; readonly code?: string };
  return fatal === true || /^(ECONN|EPIPE|PROTOCOL_)/.test(code ?? '');
}

async function connect(uri: string): Promise<Connection> {
  const connection = await createConnection({
    uri,
    multipleStatements: true,
    charset: 'utf8mb4_bin',
    timezone: 'Z',
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    jsonStrings: true,
  });
  // Without anyone who listens, the driver's error of a lost idle connection would end the process.
  connection.on('error', () => undefined);
  await connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
  await connection.query('SET SESSION innodb_lock_wait_timeout = 1');
  return connection;
}
