import {
  DeadlineExceededError,
  DuplicateRowError,
  RouterClosedError,
  UnitConditionError,
  UnknownOutcomeError,
  WriteQueueFullError,
} from '../errors.ts';
import { describeTarget, type WriteTarget } from '../fence/write-target.ts';
import type { Shards } from '../pools/shards.ts';
import { TimeLimits } from '../pools/time-limits.ts';
import { DEFAULT_MERGE_LIMITS, type MergeLimits } from './merge-limits.ts';
import { PendingUnit, type UnitHistory, type WriteOutcome } from './pending-unit.ts';
import { ShardWriter } from './shard-writer.ts';
import { type Turn, Turns } from './turns.ts';
import { type UnitOf, unitText } from './unit.ts';

export interface WriteOptions {
  /** Milliseconds after which the call ends, whatever has become of the unit; default: the time-out of statements. */
  readonly timeoutMs?: number;
  /** Whether the unit may share a transaction with others; default as the router is set. */
  readonly merge?: boolean;
  /** The caller that gets a fair share, compared with `===`: its units take turns with those of other callers. */
  readonly caller?: unknown;
}

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
  readonly #turns = new Turns();
  readonly #timeLimits = new TimeLimits();
  /** Ends the waits for a turn. */
  readonly #waits = new Set<(error: Error) => void>();

  constructor(shards: Shards, merge: Partial<MergeLimits> | false, timeoutMs: number) {
    this.#shards = shards;
    this.#limits = { ...DEFAULT_MERGE_LIMITS, ...(merge === false ? {} : merge) };
    this.#merge = merge !== false;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Writes a unit on the shard that `routed` chooses, with one attempt for each shard that it is sent to. It first waits for
   * all earlier units of its number or key.
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
    const turn = this.#turns.take(target);
    const history: UnitHistory = { doubt: false, stoodBehind: turn.before > 0 };
    try {
      if (history.stoodBehind && this.#turns.waiting > this.#limits.queue)
        return (await routed((shard) => Promise.reject(queueFull(shard)))) as never;
      if (history.stoodBehind) await this.#comes(turn, deadline);
      const outcome = await routed((shard) => {
        const writer = this.#writer(shard);
        const { bucket, keyBucket } = buckets;
        const keyGeneration =
          keyBucket === undefined ? 0 : (target.keyGeneration ?? writer.keyGeneration(keyBucket));
        const scope = { bucket, keyBucket, keyGeneration };
        const origin = { target, scope, history, caller, deadline, single: !merge };
        return writer.write(new PendingUnit(origin, unitText(unit(scope))));
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
    } finally {
      this.#turns.end(turn, target);
    }
  }

  close(): void {
    for (const end of this.#waits) end(new RouterClosedError('the router was closed'));
    for (const writer of this.#writers.values()) writer.close();
  }

  /** Resolves when all units that came before for the same number or key are over. */
  async #comes(turn: Turn, deadline: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    turn.come = resolve;
    const limit = this.#timeLimits.set(deadline - performance.now(), () =>
      reject(new DeadlineExceededError('the deadline of the write has passed')),
    );
    this.#waits.add(reject);
    try {
      await promise;
    } finally {
      this.#timeLimits.lift(limit);
      this.#waits.delete(reject);
    }
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

function queueFull(shard: number): WriteQueueFullError {
  return new WriteQueueFullError(shard, 'too many units wait for others of their number or key');
}

/** Whether a failure of a later attempt shows that no earlier one can have been, or will be, applied. */
function settles(error: unknown): boolean {
  return (
    error instanceof DuplicateRowError ||
    error instanceof UnitConditionError ||
    error instanceof UnknownOutcomeError
  );
}
