import { DuplicateRowError, UnitConditionError, UnknownOutcomeError } from '../errors.ts';
import type { ShardTransaction } from '../fence/shard-transaction.ts';
import { describeTarget, type WriteTarget } from '../fence/write-target.ts';
import type { Shards } from '../pools/shard.ts';
import { PendingUnit, type UnitHistory, type WriteOutcome } from './pending-unit.ts';
import { DEFAULT_MERGE_LIMITS, type MergeLimits, ShardWriter } from './shard-writer.ts';
import { type StatementLike, statementOf } from './statement.ts';
import { type Unit, type UnitScope, unitText } from './unit.ts';

export interface WriteOptions {
  /** Milliseconds after which the caller is told, whatever has become of the unit; default the statements' time-out. */
  readonly timeoutMs?: number;
  /** Whether the unit may share a transaction with others; default as the router is set. */
  readonly merge?: boolean;
  /** Who is to have a fair share, compared with `===`: the units of one caller take turns with those of others. */
  readonly caller?: unknown;
}

/** A unit of work for a scope. It may be asked for again: it must give the same unit for the same scope. */
export type UnitOf<Row> = (scope: UnitScope) => Unit<Row>;

/** The buckets of a target. */
interface Buckets {
  readonly bucket: number;
  readonly keyBucket: number | undefined;
}

/** The writers of all shards. */
export class UnitWrites {
  readonly #shards: Shards;
  readonly #limits: MergeLimits;
  readonly #merge: boolean;
  readonly #timeoutMs: number;
  readonly #writers = new Map<number, ShardWriter>();

  constructor(shards: Shards, merge: Partial<MergeLimits> | false, timeoutMs: number) {
    this.#shards = shards;
    this.#limits = { ...DEFAULT_MERGE_LIMITS, ...(merge === false ? {} : merge) };
    this.#merge = merge !== false;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Writes a unit where `routed` says, once for each shard that it is led to.
   *
   * @param scopeDeadline of the scope around it, on the clock of `performance.now()`
   */
  async write<Row>(
    target: WriteTarget,
    buckets: Buckets,
    unit: UnitOf<Row>,
    { timeoutMs = this.#timeoutMs, merge = this.#merge, caller }: WriteOptions,
    scopeDeadline: number,
    routed: (attempt: (shard: number) => Promise<WriteOutcome>) => Promise<WriteOutcome>,
  ): Promise<WriteOutcome<Row>> {
    const deadline = Math.min(scopeDeadline, performance.now() + timeoutMs);
    const history: UnitHistory = { doubt: false };
    try {
      const outcome = await routed((shard) => {
        const writer = this.#writer(shard);
        const { bucket, keyBucket } = buckets;
        const keyGeneration =
          keyBucket === undefined ? 0 : (target.keyGeneration ?? writer.keyGeneration(keyBucket));
        const scope = { bucket, keyBucket, keyGeneration };
        const pending = new PendingUnit(target, scope, unitText(unit(scope)), history, caller);
        return writer.write(pending, { deadline, merge });
      });
      return outcome as WriteOutcome<Row>;
    } catch (error) {
      if (!history.doubt || settles(error)) throw error;
      throw new UnknownOutcomeError(
        `whether the unit of ${describeTarget(target)} was applied is not known`,
        {
          cause: error,
        },
      );
    }
  }

  close(): void {
    for (const writer of this.#writers.values()) writer.close();
  }

  #writer(shard: number): ShardWriter {
    let writer = this.#writers.get(shard);
    if (writer === undefined) {
      writer = new ShardWriter(this.#shards.get(shard), this.#limits, this.#timeoutMs);
      this.#writers.set(shard, writer);
    }
    return writer;
  }
}

/** Whether a failure of a later attempt shows that no earlier one can have been, or will be, applied. */
function settles(error: unknown): boolean {
  return (
    error instanceof DuplicateRowError ||
    error instanceof UnitConditionError ||
    error instanceof UnknownOutcomeError
  );
}

/** Writes a unit as a part of an open transaction of its target. */
export async function writeInside<Row>(tx: ShardTransaction, unit: UnitOf<Row>): Promise<WriteOutcome<Row>> {
  const { bucket, keyBucket, keyGeneration, shard } = tx;
  const { statements, already } = unit({ bucket, keyBucket, keyGeneration });
  const affectedRows: number[] = [];
  for (const like of statements) {
    const guards = 'guard' in like;
    const rows = await execute(tx, guards ? like.guard : like);
    if (guards && rows !== 1) {
      const row = already === undefined ? undefined : await first<Row>(tx, already);
      if (row !== undefined) return { applied: false, shard, row };
      throw new UnitConditionError('the guard of the unit found no row to change');
    }
    affectedRows.push(rows);
  }
  return { applied: true, shard, affectedRows };
}

async function execute(tx: ShardTransaction, like: StatementLike): Promise<number> {
  const { sql, values } = statementOf(like);
  return (await tx.execute(sql, values)).affectedRows;
}

async function first<Row>(tx: ShardTransaction, like: StatementLike<Row>): Promise<Row | undefined> {
  const { sql, values } = statementOf(like);
  const [row] = await tx.query<Row>(sql, values);
  return row;
}
