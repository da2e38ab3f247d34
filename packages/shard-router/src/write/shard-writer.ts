import {
  DeadlineExceededError,
  RouterClosedError,
  UnknownOutcomeError,
  WriteQueueFullError,
} from '../errors.ts';
import type { Shard } from '../pools/shard.ts';
import { TimeLimits } from '../pools/time-limits.ts';
import type { MergeLimits } from './merge-limits.ts';
import type { PendingUnit, WriteOutcome } from './pending-unit.ts';
import { Redos } from './redos.ts';
import { StallLimit } from './stall-limit.ts';
import { type SuspectGroup, Suspects } from './suspects.ts';
import { TextStoppedError } from './text-stopped.ts';
import { UnitQueue } from './unit-queue.ts';
import { UnitRunner } from './unit-runner.ts';

/** The most transactions under way at once for units that want rows which others hold locked. */
const SUSPECT_LANES = 4;
/**
 * How often to check whether such a transaction still waits, and when it makes room for other groups that wait, milliseconds.
 */
const SUSPECT_LOOK_MS = 10;
const SUSPECT_TURN_MS = 100;
/** How long after its deadline a unit that waits for a lock is settled at the latest. By then its wait is usually over. */
const GRACE_MS = 250;

/**
 * Writes the units of one shard. While a transaction is under way, arriving units gather for the next one; when none is, a
 * unit goes at once. Units that want rows which another session holds locked go by themselves, apart from all others. No two
 * units are here at the same time for one number or key: `Turns` keeps them apart.
 */
export class ShardWriter {
  readonly #shard: Shard;
  readonly #limits: MergeLimits;
  readonly #runner: UnitRunner;
  readonly #queue = new UnitQueue();
  /** Units that have a transaction of their own. */
  readonly #single = new UnitQueue();
  readonly #suspects = new Suspects();
  readonly #stallLimit = new StallLimit();
  readonly #timeLimits = new TimeLimits();
  readonly #keyGenerations = new Map<number, number>();
  readonly #redos = new Redos((unit) => this.#enqueue(unit));
  #underWay = 0;
  /** How many of the transactions under way wait for something. */
  #stalled = 0;
  #singleUnderWay = 0;
  #mostSingle = 1;
  #suspectsUnderWay = 0;
  #scheduled = false;

  constructor(shard: Shard, limits: MergeLimits, timeoutMs: number) {
    this.#shard = shard;
    this.#limits = limits;
    this.#runner = new UnitRunner(shard, timeoutMs, (bucket, generation) =>
      this.#keyGenerations.set(bucket, generation),
    );
  }

  /** Returns the key generation of a bucket as far as it is known, or else 0. */
  keyGeneration(keyBucket: number): number {
    return this.#keyGenerations.get(keyBucket) ?? 0;
  }

  /**
   * Writes a unit.
   *
   * @throws WriteQueueFullError, UnitTooLargeError, DeadlineExceededError, ShardUnavailableError when nothing was written
   * @throws UnknownOutcomeError when the unit may have been written, and this cannot or could not be found out
   */
  async write(unit: PendingUnit): Promise<WriteOutcome> {
    const { limits } = this.#shard.merging(); // Throws while the shard does not answer.
    this.#mostSingle = Math.max(1, limits.connections - this.#limits.lanes - SUSPECT_LANES);
    const left = unit.deadline - performance.now();
    if (left <= 0) throw new DeadlineExceededError('the deadline of the write has passed');
    this.#checkRoom(unit);
    const limit = this.#timeLimits.set(left, () => this.#expire(unit));
    this.#enqueue(unit);
    try {
      return await unit.outcome;
    } finally {
      this.#timeLimits.lift(limit);
    }
  }

  /** Gives up the units that wait. Units under way end with their connection. */
  close(): void {
    const waiting = [this.#queue, this.#single, this.#suspects, this.#redos].flatMap((units) =>
      units.drain(),
    );
    for (const unit of waiting) {
      const closed = new RouterClosedError('the router was closed');
      if (!unit.settled) unit.reject(unit.history.doubt ? unknownOutcome(closed) : closed);
    }
  }

  #checkRoom({ text: { length } }: PendingUnit): void {
    const { queue, queueLength } = this.#limits;
    const waiting = this.#queue.size + this.#single.size + this.#suspects.size;
    if (waiting >= queue || this.#queue.length + this.#single.length + length > queueLength)
      throw new WriteQueueFullError(this.#shard.id, `${waiting} units wait for it already`);
  }

  #enqueue(unit: PendingUnit): void {
    const group = this.#suspects.find(unit, performance.now());
    if (group !== undefined) {
      group.units.add(unit);
      this.#nextSuspects();
    } else if (unit.single) {
      this.#single.add(unit);
      this.#nextSingle();
    } else {
      this.#queue.add(unit);
      this.#schedule();
    }
  }

  /**
   * Schedules the next transaction a moment later. Callers that were answered together also send their next units together:
   * the delay lets those units join the transaction.
   */
  #schedule(): void {
    if (this.#scheduled || this.#underWay - this.#stalled >= this.#limits.lanes) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#next();
    });
  }

  #next(): void {
    const { units, length, lanes } = this.#limits;
    for (;;) {
      const going = this.#underWay - this.#stalled;
      // Fuller transactions cost less: with 8 callers, a second one beside one that is not full lowered the throughput by 7
      // to 23 %.
      if (going >= lanes || this.#underWay >= 2 * lanes) return;
      if (this.#queue.size <= (going === 0 ? 0 : units / 2)) return;
      const batch = this.#withoutSuspects(this.#queue.take({ units, length }));
      if (batch.length > 0) void this.#merge(batch);
    }
  }

  /** Moves units to their suspect group if the rows that they want were found locked after the units had arrived. */
  #withoutSuspects(units: PendingUnit[]): PendingUnit[] {
    const now = performance.now();
    const free = units.filter((unit) => {
      const group = this.#suspects.find(unit, now);
      group?.units.add(unit);
      return group === undefined;
    });
    if (free.length < units.length) this.#nextSuspects();
    return free;
  }

  async #merge(units: readonly PendingUnit[]): Promise<void> {
    this.#underWay += 1;
    let stalls = false;
    const everyMs = this.#stallLimit.ms / 2;
    await this.#run(units, everyMs, (_, looks) => {
      if (!stalls) {
        stalls = true;
        this.#stalled += 1;
        if (this.#queue.size > 0) this.#schedule();
      }
      return looks >= 2;
    });
    this.#underWay -= 1;
    if (stalls) this.#stalled -= 1;
    if (this.#queue.size > 0) this.#schedule();
  }

  /**
   * Starts single units, as many at once as there are connections, except for those connections that the other units need.
   */
  #nextSingle(): void {
    while (this.#singleUnderWay < this.#mostSingle && this.#single.size > 0) {
      const units = this.#withoutSuspects(this.#single.take({ units: 1, length: Infinity }));
      if (units.length === 0) continue;
      this.#singleUnderWay += 1;
      void this.#run(units, this.#stallLimit.ms / 2, (_, looks) => looks >= 2).finally(() => {
        this.#singleUnderWay -= 1;
        this.#nextSingle();
      });
    }
  }

  #nextSuspects(): void {
    while (this.#suspectsUnderWay < SUSPECT_LANES) {
      const group = this.#suspects.next();
      if (group === undefined) return;
      this.#suspectsUnderWay += 1;
      group.underWay = true;
      void this.#try(group).finally(() => {
        group.underWay = false;
        this.#suspectsUnderWay -= 1;
        this.#nextSuspects();
      });
    }
  }

  /** Tries the units of a group: in one transaction where they may be merged, else one by one. */
  async #try(group: SuspectGroup): Promise<void> {
    const { units: most, length } = this.#limits;
    const units = group.units.take({ units: most, length });
    const interrupts = (_: unknown, looks: number) =>
      looks * SUSPECT_LOOK_MS >= SUSPECT_TURN_MS && this.#suspects.waitsForTurn();
    const together = units.filter(({ single }) => !single);
    if (together.length > 0) await this.#run(together, SUSPECT_LOOK_MS, interrupts, false);
    for (const unit of units) if (unit.single) await this.#run([unit], SUSPECT_LOOK_MS, interrupts, false);
  }

  async #run(
    units: readonly PendingUnit[],
    everyMs: number,
    interrupts: (units: readonly PendingUnit[], looks: number) => boolean,
    learn = true,
  ): Promise<void> {
    const own = new Set(units);
    try {
      await this.#runner.run(units, {
        everyMs,
        interrupts: (waiting, looks) => interrupts(waiting, looks) || waiting.some(isOver),
        went: (ms) => {
          if (learn) this.#stallLimit.learn(ms);
        },
        setAside: (unit, wanted) => {
          own.delete(unit);
          if (unit.giveUpIfLate()) return;
          this.#suspects.add(unit, wanted, performance.now());
          this.#nextSuspects();
        },
      });
    } catch (error) {
      for (const unit of own) {
        if (unit.settled) continue;
        if (error instanceof TextStoppedError) this.#enqueue(unit);
        else this.#cutOff(unit, error);
      }
    }
  }

  /**
   * Handles a unit whose connection failed. If the unit was sent, it is written again under the same identity, or its outcome
   * stays unknown.
   */
  #cutOff(unit: PendingUnit, error: unknown): void {
    if (unit.sent) unit.history.doubt = true;
    unit.sent = false;
    if (!unit.history.doubt) unit.reject(error);
    else if (unit.text.already === undefined) unit.reject(unknownOutcome(error));
    else this.#redos.add(unit);
  }

  #expire(unit: PendingUnit): void {
    if (unit.settled) return;
    if (unit.sent && unit.waits && !unit.history.doubt) {
      // Its wait is being interrupted. After that it is known that nothing was written.
      unit.waits = false;
      this.#timeLimits.set(GRACE_MS, () => this.#expire(unit));
      return;
    }
    const late = new DeadlineExceededError('the deadline of the write has passed');
    unit.reject(unit.sent || unit.history.doubt ? unknownOutcome(late) : late);
    this.#redos.remove(unit);
    unit.queue?.remove(unit);
  }
}

function isOver({ deadline }: PendingUnit): boolean {
  return deadline <= performance.now();
}

function unknownOutcome(cause: unknown): UnknownOutcomeError {
  return new UnknownOutcomeError('the answer to a write was lost: it may have been applied, or not', {
    cause,
  });
}
