import type { PoolConnection, ResultSetHeader } from 'mysql2';
import {
  DuplicateRowError,
  FenceError,
  KeyElsewhereError,
  TransactionAbortedError,
  UnitConditionError,
} from '../errors.ts';
import { admit } from '../fence/admit.ts';
import { keyFenceOf } from '../fence/fence.ts';
import { observeRejection } from '../observe/observe-pool.ts';
import type { ObservedPool } from '../observe/telemetry.ts';
import {
  isConnectionLost,
  isDeadlock,
  isLockWait,
  isReadOnlyServer,
  translateError,
} from '../pools/mysql-errors.ts';
import { isRefusedByFence, readMergedFences, sendText } from '../sql/merged-writes.ts';
import { fencesOf, mergedText } from './merged-text.ts';
import type { PendingUnit } from './pending-unit.ts';

/** How often one transaction is tried again as it is, before it is split or given up. */
const MAX_TRIES = 3;

/** What the transactions of a shard's units need to know of it. */
export interface MergeTarget {
  readonly pool: ObservedPool;
  readonly timeoutMs: number;
  /** Told the newest generation of keys in a bucket, which units must be written anew for. */
  readonly learnKeyGeneration: (keyBucket: number, generation: number) => void;
}

/**
 * Writes units on a connection in one transaction, or in several where they cannot go together, and settles each. When it
 * throws, the connection has failed: units that are `sent` may have been applied, and what else is not settled was not.
 */
export class MergedTransaction {
  readonly #connection: PoolConnection;
  readonly #target: MergeTarget;

  constructor(connection: PoolConnection, target: MergeTarget) {
    this.#connection = connection;
    this.#target = target;
  }

  async write(units: readonly PendingUnit[]): Promise<void> {
    // Looked at before fences and window: what is there is there.
    await this.#look(units.filter(({ history, stoodBehind }) => history.doubt || stoodBehind));
    await this.#apply(units.toSorted(byTarget));
  }

  /** Sends units as one transaction; `tries` counts what has come to nothing before. */
  async #apply(all: readonly PendingUnit[], tries = 0): Promise<void> {
    // One whose caller was told meanwhile that nothing was written is not.
    const units = all.filter(({ settled }) => !settled);
    if (units.length === 0) return;
    const { sql, rowsOf } = mergedText(units);
    let results: readonly ResultSetHeader[];
    for (const unit of units) unit.sent = true;
    try {
      results = (await this.#send(sql)) as readonly ResultSetHeader[];
    } catch (error) {
      if (isConnectionLost(error)) throw error;
      for (const unit of units) unit.sent = false;
      if (isReadOnlyServer(error)) throw error;
      if (isRefusedByFence(error)) return this.#refused(units, tries);
      // Only some of its statements may have been taken back by the server, so all are.
      await this.#send('ROLLBACK');
      return this.#failed(units, error, tries);
    }
    this.#target.pool.observer?.unitsMerged?.(this.#target.pool.shard, units.length);
    for (const unit of units) unit.sent = false;
    const rows = rowsOf(results);
    const unmet = units.filter(({ text }, index) => text.guarded && rows[index]![0] === 0);
    for (const [index, unit] of units.entries()) {
      if (!unit.settled && !unmet.includes(unit))
        unit.resolve({ applied: true, shard: this.#target.pool.shard, affectedRows: rows[index]! });
    }
    await this.#look(unmet);
    for (const unit of unmet) {
      if (!unit.settled) unit.reject(new UnitConditionError('the guard of the unit found no row to change'));
    }
  }

  /** Tells the units that the fences keep out, and writes the others. */
  async #refused(units: readonly PendingUnit[], tries: number): Promise<void> {
    const { pool, timeoutMs, learnKeyGeneration } = this.#target;
    const fences = await readMergedFences(this.#connection, pool, fencesOf(units), timeoutMs);
    const sealedOut: PendingUnit[] = [];
    const passing = units.filter((unit) => {
      const { target, scope } = unit;
      const { keyBucket } = scope;
      const buckets = { bucket: target.number === undefined ? undefined : scope.bucket, keyBucket };
      const keyFences = keyBucket === undefined ? [] : (fences.byKeyBucket.get(keyBucket) ?? []);
      const keyFence = keyFenceOf(keyFences, target.number);
      try {
        admit(target, buckets, fences.byNumber.get(String(target.number)), keyFences);
      } catch (error) {
        if (unit.history.doubt && keyFence?.state === 'sealed') sealedOut.push(unit);
        else unit.reject(observeRejection(pool, error));
        return false;
      }
      const generation = keyFence?.key_generation ?? scope.keyGeneration;
      if (keyBucket === undefined || generation === scope.keyGeneration) return true;
      learnKeyGeneration(keyBucket, generation);
      unit.reject(new FenceError(`key bucket ${keyBucket} is at key generation ${generation} by now`));
      return false;
    });
    await this.#settleSealed(sealedOut);
    if (passing.length === 0) return;
    // The fence may have opened meanwhile.
    if (passing.length < units.length || tries < MAX_TRIES) return this.#apply(passing, tries + 1);
    if (passing.length > 1) return this.#split(passing);
    passing[0]!.reject(new FenceError('its fence opens and shuts'));
  }

  /**
   * A fence that is sealed never opens again: an earlier attempt was either let in before, or never will be. So here, a
   * look that finds nothing does say that nothing was written.
   */
  async #settleSealed(units: readonly PendingUnit[]): Promise<void> {
    await this.#look(units);
    for (const unit of units) {
      if (unit.settled) continue;
      unit.history.doubt = false;
      const sealed = new KeyElsewhereError(`the keys of number ${unit.target.number} are sealed`);
      unit.reject(observeRejection(this.#target.pool, sealed));
    }
  }

  /** After an error that the server has answered with, and a rollback that it has confirmed. */
  async #failed(units: readonly PendingUnit[], error: unknown, tries: number): Promise<void> {
    if (isDeadlock(error) && tries < MAX_TRIES) {
      await jitter(tries);
      return this.#apply(units, tries + 1);
    }
    const translated = translateError(error, this.#target.pool.shard);
    if (translated instanceof DuplicateRowError) {
      await this.#look(units);
      if (units.some(({ settled }) => settled)) return this.#apply(units);
    }
    if (units.length > 1) return this.#split(units);
    const { shard } = this.#target.pool;
    units[0]!.reject(
      isDeadlock(error) || isLockWait(error)
        ? new TransactionAbortedError(`shard ${shard} gave it up`, { cause: error })
        : translated,
    );
  }

  /** One unit of several is bad, and it is not known which: each half by itself. */
  async #split(units: readonly PendingUnit[]): Promise<void> {
    const half = units.length >> 1;
    await this.#apply(units.slice(0, half));
    await this.#apply(units.slice(half));
  }

  /** Settles the units whose `already` finds a row. Finding none says nothing: the unit may be about to be committed. */
  async #look(units: readonly PendingUnit[]): Promise<void> {
    const looking = units.filter(({ text, settled }) => text.already !== undefined && !settled);
    if (looking.length === 0) return;
    const sql = looking.map(({ text }) => text.already).join(';');
    const answer = await this.#send(sql);
    const sets = (looking.length === 1 ? [answer] : answer) as readonly (readonly Record<
      string,
      unknown
    >[])[];
    for (const [index, unit] of looking.entries()) {
      const row = sets[index]![0];
      if (row !== undefined) unit.resolve({ applied: false, shard: this.#target.pool.shard, row });
    }
  }

  #send(sql: string): Promise<unknown> {
    const { pool, timeoutMs } = this.#target;
    return sendText(this.#connection, pool, sql, timeoutMs);
  }
}

/** The same order everywhere, so that transactions of several writers meet in the same order of locks. */
function byTarget(a: PendingUnit, b: PendingUnit): number {
  const [one, other] = [a.target.number, b.target.number];
  if (one !== undefined && other !== undefined) return one < other ? -1 : 1;
  if (one !== undefined || other !== undefined) return one === undefined ? 1 : -1;
  return a.target.key! < b.target.key! ? -1 : 1;
}

function jitter(tries: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.random() * 5 * 2 ** tries));
}
