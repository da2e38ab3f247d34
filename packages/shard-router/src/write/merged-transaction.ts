import type { PoolConnection } from 'mysql2';
import {
  DuplicateRowError,
  FenceError,
  KeyElsewhereError,
  RouterError,
  ShardUnavailableError,
  TransactionAbortedError,
  UnitConditionError,
  UnknownOutcomeError,
} from '../errors.ts';
import { admit } from '../fence/admit.ts';
import { keyFenceOf } from '../fence/fence.ts';
import { observeRejection } from '../observe/observe-pool.ts';
import type { SentIn } from '../pools/send-within.ts';
import {
  isCommitRefused,
  isConnectionLost,
  isContention,
  isDeadlock,
  isInterrupted,
  isLockWait,
  isReadOnlyServer,
  translateError,
} from '../pools/mysql-errors.ts';
import {
  isRefusedByFence,
  readMergedFences,
  sendStatements,
  sendText,
  type TextAnswers,
} from '../sql/merged-writes.ts';
import { byBytes } from './by-bytes.ts';
import { isCommitted } from './committed.ts';
import { fencesOf, type MergedText, mergedText } from './merged-text.ts';
import type { PendingUnit } from './pending-unit.ts';
import { SilenceWatch } from './silence.ts';
import { type Wanted, wantedAt } from './suspects.ts';
import { TextStoppedError } from './text-stopped.ts';

/** How often a transaction is retried unchanged before it is split or given up. */
const MAX_TRIES = 3;

/** What a merged transaction needs to know about its shard. */
export interface MergeTarget {
  readonly pool: SentIn;
  readonly timeoutMs: number;
  /** The longest text that the server accepts, bytes. */
  readonly maxBytes: number;
  /** Called with the newest key generation of a bucket. Units must be written anew for that generation. */
  readonly learnKeyGeneration: (keyBucket: number, generation: number) => void;
  readonly waits: WaitPolicy;
}

/** How to handle a statement that waits for a lock of another session. */
export interface WaitPolicy {
  /** How often to check for a statement that has no answer, milliseconds. */
  readonly everyMs: number;
  /** Called with the time that the slowest statement took, or was allowed to wait, milliseconds. */
  readonly went: (longestMs: number) => void;
  /**
   * Called when a statement of units still has no answer, with the number of checks in a row. Returns whether to interrupt
   * it.
   */
  readonly interrupts: (units: readonly PendingUnit[], looks: number) => boolean;
  /** Interrupts the statement that the connection is running. Never rejects. */
  readonly interrupt: () => Promise<void>;
  /**
   * Ends the connection on its server if the server runs none of its statements although the text still waits for an answer.
   * Resolves with whether it has ended it. Never rejects.
   */
  readonly endIfIdle: (stillWaits: () => boolean) => Promise<boolean>;
  /** Takes over a unit that must wait for a lock, so that the units merged with it need not wait. */
  readonly setAside: (unit: PendingUnit, wanted: Wanted) => void;
}

/** How a text has failed. */
interface Failure {
  readonly error: unknown;
  /** The units that the failed statement belongs to; empty when that is not known. */
  readonly owners: readonly { readonly unit: PendingUnit; readonly step: number }[];
  /** Whether this process interrupted the statement because it waited. */
  readonly interrupted: boolean;
  readonly tries: number;
}

/**
 * Writes units on a connection: in one transaction, or in several when they cannot go together. It settles each unit or sets
 * it aside. When it throws, the connection has failed: units that are `sent` may have been applied, and other units that are
 * not settled were not. With a {@link TextStoppedError} none of them was applied.
 */
export class MergedTransaction {
  readonly #connection: PoolConnection;
  readonly #target: MergeTarget;

  constructor(connection: PoolConnection, target: MergeTarget) {
    this.#connection = connection;
    this.#target = target;
  }

  async write(units: readonly PendingUnit[]): Promise<void> {
    // This look comes before the checks of fences and window: what was applied already stays applied.
    await this.#look(units.filter(({ history }) => history.doubt || history.stoodBehind));
    await this.#apply(units.toSorted(byTarget));
  }

  /**
   * Sends units as one transaction.
   *
   * @param tries how many attempts have failed already
   * @param joined whether rows of several units are joined into one statement
   */
  async #apply(all: readonly PendingUnit[], tries = 0, joined = true): Promise<void> {
    // Leaves out units whose callers already know the outcome, or now hear that they are late and nothing was written.
    const units = all.filter((unit) => !unit.giveUpIfLate());
    if (units.length === 0) return;
    const text = mergedText(units, joined);
    for (const unit of units) unit.sent = true;
    const { answers, error, interrupted, stopped } = await this.#sendWatched(text, units);
    if (error !== undefined) {
      if (stopped && isLastWord(error, answers.length < text.statements - 1)) {
        for (const unit of units) unit.sent = false;
        throw new TextStoppedError('the server has stopped without a word', { cause: error });
      }
      if (isConnectionLost(error)) throw error;
      if (answers.length === text.statements - 1 && !isCommitRefused(error)) this.#unproven(error);
      for (const unit of units) unit.sent = false;
      if (isReadOnlyServer(error)) throw error;
      if (isRefusedByFence(error)) return this.#refused(units, tries);
      // The server may have rolled back only some of the statements, so roll back all of them.
      await this.#send('CALL ordershard_rollback()');
      const owners = text.ownersOf(answers.length).map(({ unit, step }) => ({ unit: units[unit]!, step }));
      return this.#failed(units, { error, owners, interrupted, tries });
    }
    if (!isCommitted(answers, text.statements)) this.#unproven();
    await this.#applied(units, text.rowsOf(answers));
  }

  /** Sends a text, and interrupts it where it waits for a lock. */
  async #sendWatched(
    { sql, statements, ownersOf }: MergedText,
    units: readonly PendingUnit[],
  ): Promise<TextAnswers & { readonly interrupted: boolean; readonly stopped: boolean }> {
    const { pool, timeoutMs, waits } = this.#target;
    const silence = new SilenceWatch(waits.endIfIdle);
    let interruption: Promise<void> | undefined;
    const stalled = (answered: number, looks: number) => {
      if (looks === 1) silence.heard();
      // Before the first answer the server may still be receiving the text: it lists the session as idle while it does.
      if (answered > 0) silence.silent(looks * waits.everyMs);
      // The statements that open and commit wait for no row. A COMMIT that is interrupted would have an unknown outcome.
      if (interruption !== undefined || answered === statements - 1 || ownersOf(answered).length === 0)
        return;
      for (const unit of units) unit.waits = true;
      if (waits.interrupts(units, looks)) interruption = waits.interrupt().then(() => silence.interrupted());
    };
    const watch = { everyMs: waits.everyMs, stalled };
    const answered = await sendStatements(this.#connection, pool, sql, timeoutMs, watch);
    // Otherwise the interruption could hit the next statement that is sent.
    await interruption;
    const stopped = await silence.over();
    if (stopped) this.#connection.destroy();
    for (const unit of units) unit.waits = false;
    waits.went(answered.longestGapMs);
    return { ...answered, interrupted: interruption !== undefined, stopped };
  }

  /** Fails with an unknown outcome: no unit counts as applied unless the server has said that it is committed. */
  #unproven(cause?: unknown): never {
    this.#connection.destroy();
    throw new UnknownOutcomeError(
      'the server did not say that one transaction was begun, kept and committed',
      { cause },
    );
  }

  async #applied(units: readonly PendingUnit[], rows: readonly (readonly number[])[]): Promise<void> {
    const { pool } = this.#target;
    pool.observer?.unitsMerged?.(pool.shard, units.length);
    const unmet: PendingUnit[] = [];
    for (const [index, unit] of units.entries()) {
      unit.sent = false;
      if (unit.text.guarded && rows[index]![0] === 0) unmet.push(unit);
      else if (!unit.settled) unit.resolve({ applied: true, shard: pool.shard, affectedRows: rows[index]! });
    }
    await this.#look(unmet);
    for (const unit of unmet) {
      if (!unit.settled) unit.reject(new UnitConditionError('the guard of the unit found no row to change'));
    }
  }

  /** Rejects the units that the fences refuse, and writes the other units. */
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
    // The fence may have opened in the meantime.
    if (passing.length < units.length || tries < MAX_TRIES) return this.#apply(passing, tries + 1);
    if (passing.length > 1) return this.#split(passing);
    passing[0]!.reject(new FenceError('its fence opens and shuts'));
  }

  /**
   * Settles units behind a sealed fence. Such a fence never opens again: an earlier attempt either passed it before, or never
   * will. So here a look that finds no row does prove that nothing was written.
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

  /**
   * Handles an error that the server has answered with, after the server has confirmed the rollback. The number of statements
   * answered before shows which unit's statement failed: the other units go on at once.
   */
  async #failed(units: readonly PendingUnit[], failure: Failure): Promise<void> {
    const { error, owners, interrupted, tries } = failure;
    const waited = isLockWait(error) || (interrupted && isInterrupted(error));
    if (!waited && (isDeadlock(error) || isInterrupted(error)) && tries < MAX_TRIES) {
      await jitter(tries);
      return this.#apply(units, tries + 1);
    }
    const { shard } = this.#target.pool;
    const translated = translateError(error, shard);
    if (translated instanceof DuplicateRowError) {
      await this.#look(units);
      if (units.some(({ settled }) => settled)) return this.#apply(units);
    }
    if (owners.length === 0 && units.length > 1) return this.#split(units);
    // The statement held rows of several units: now each unit gets a statement of its own.
    if (owners.length > 1) return this.#apply(units, tries, false);
    const unit = owners[0]?.unit ?? units[0]!;
    const others = units.filter((other) => other !== unit);
    if (waited && owners.length === 1) this.#target.waits.setAside(unit, wantedAt(unit, owners[0]!.step));
    // When it fails by itself, the error is its own and shows nothing of the units that it was merged with.
    else if (others.length > 0) return this.#apply(others).then(() => this.#apply([unit]));
    else if (isContention(error) || isInterrupted(error))
      unit.reject(new TransactionAbortedError(`shard ${shard} gave it up`, { cause: error }));
    else unit.reject(translated);
    return this.#apply(others);
  }

  /** Writes each half by itself, because it is not known which unit caused the error. */
  async #split(units: readonly PendingUnit[]): Promise<void> {
    const half = units.length >> 1;
    await this.#apply(units.slice(0, half));
    await this.#apply(units.slice(half));
  }

  /**
   * Settles the units whose `already` query finds a row. Finding none proves nothing: the unit may be about to be committed.
   */
  async #look(units: readonly PendingUnit[]): Promise<void> {
    const looking = units.filter(({ text, settled }) => text.already !== undefined && !settled);
    if (looking.length === 0) return;
    const { groups } = byBytes(looking, this.#target.maxBytes, {
      lengthOf: ({ text }) => text.already!.length,
      bytesOf: ({ text }) => Buffer.byteLength(text.already!),
    });
    for (const group of groups) await this.#lookAt(group);
  }

  async #lookAt(units: readonly PendingUnit[]): Promise<void> {
    const answer = await this.#send(units.map(({ text }) => text.already).join('\n;'));
    const sets = (units.length === 1 ? [answer] : answer) as readonly (readonly Record<string, unknown>[])[];
    if (sets.length !== units.length)
      throw new ShardUnavailableError(this.#target.pool.shard, 'a query was not answered');
    for (const [index, unit] of units.entries()) {
      const row = sets[index]![0];
      if (row !== undefined) unit.resolve({ applied: false, shard: this.#target.pool.shard, row });
    }
  }

  #send(sql: string): Promise<unknown> {
    const { pool, timeoutMs } = this.#target;
    return sendText(this.#connection, pool, sql, timeoutMs);
  }
}

/**
 * Whether everything that the server sent was read before the error. The end of a connection comes after all data sent on it.
 * A time-out on this side does not wait for that data.
 *
 * @param early whether the error is no answer to COMMIT
 */
function isLastWord(error: unknown, early: boolean): boolean {
  return !(error instanceof RouterError) && (isConnectionLost(error) || early);
}

/**
 * Sorts units in the same order everywhere, so that the transactions of several writers take their locks in the same order.
 */
function byTarget(a: PendingUnit, b: PendingUnit): number {
  const [one, other] = [a.target.number, b.target.number];
  if (one !== undefined && other !== undefined) return one < other ? -1 : 1;
  if (one !== undefined || other !== undefined) return one === undefined ? 1 : -1;
  return a.target.key! < b.target.key! ? -1 : 1;
}

function jitter(tries: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.random() * 5 * 2 ** tries));
}
