import { type BucketMove, cleanUp, type MovePlan, verifyMoves, planFor } from '@ordershard/rebalance';
import { bucketOf, loadMap } from '@ordershard/shard-router';
import type { Findings } from '../findings.ts';
import { WALKED } from '../move/kinds.ts';
import { Mover, type MoverEnd, type MoverWork } from '../move/mover.ts';
import type { Seeded } from '../seeded.ts';
import { until } from '../until.ts';
import type { KnownOrder } from './journal.ts';
import type { RetentionDays } from './scene.ts';

/** Buckets that a day's plan moves. */
const AT_ONCE = 3;

/** What moves are refused with while a day is half gone from a shard that takes part. */
export const HALF_GONE = 'REBALANCE_DAY_LEAVING';

/** The moves of buckets that go on in these days, each by a process of its own. */
export class DayMoves {
  readonly #scene: RetentionDays;
  readonly #random: Seeded;
  readonly #findings: Findings;
  readonly #movers = new Set<Mover>();

  constructor(scene: RetentionDays, random: Seeded, findings: Findings) {
    this.#scene = scene;
    this.#random = random;
    this.#findings = findings;
  }

  /** A plan for some buckets, of orders if there are any, to the shards that do not own them. */
  async plan(orders: readonly KnownOrder[]): Promise<MovePlan> {
    const { cluster } = this.#scene;
    const map = await loadMap(cluster.shards, cluster.clusterId, cluster.onShard);
    const owners = map.epochs.at(-1)!.owners;
    const buckets = new Set<number>();
    while (buckets.size < AT_ONCE)
      buckets.add(
        orders.length < AT_ONCE
          ? this.#random.between(0, map.bucketCount)
          : bucketOf(BigInt(this.#random.pick(orders).number), map.bucketCount),
      );
    const moves = [...buckets].map((bucket): BucketMove => {
      const from = owners[bucket]!;
      return { kind: 'numbers', bucket, from, to: 1 - from };
    });
    return planFor(map, moves);
  }

  /** Moves to the end while `work` goes on. Returns what proves it. */
  async whole(plan: MovePlan, work: () => Promise<void>): Promise<string | undefined> {
    const mover = this.#start({ action: 'run', plan });
    await work();
    const { how, message } = await mover.ended;
    if (how === 'done')
      return `${plan.moves.length} buckets moved, bucket ${plan.moves[0]!.bucket} among them`;
    this.#findings.add('mismatched', `plan ${plan.id}`, `a move ended with ${how}: ${message}`);
    return undefined;
  }

  /** Moves up to a step, runs `work` while the mover waits there, and kills the mover. Returns what proves it. */
  async cutOff(plan: MovePlan, work: () => Promise<void>): Promise<string> {
    const step = this.#random.pick(WALKED);
    const mover = this.#start({ action: 'run', plan, waitAfter: step });
    if (!(await mover.waits())) {
      const { how, message } = await mover.ended;
      throw new Error(`a mover ended with ${how} before ${step}: ${message}`);
    }
    await work();
    await mover.kill();
    return `process ${mover.pid} after ${step}`;
  }

  /** Buckets whose move has begun and has not come to its end. */
  async open(): Promise<readonly number[]> {
    const rows = await this.#scene.rows<{ bucket: number }>(
      `SELECT bucket FROM bucket_moves WHERE step NOT IN ('moved', 'cleaned', 'revoked')`,
    );
    return rows.map(({ bucket }) => bucket);
  }

  /**
   * Resumes what was cut off, or rolls it back, in another process than the one that died. Returns which of the two it did.
   */
  async settle(): Promise<string> {
    const action = this.#random.chance(0.5) ? 'resume' : 'rollback';
    const { how } = await this.#run({ action });
    if (how === 'done') return action;
    // A day has left the target meanwhile, and not the source: what has not begun there is taken back.
    if (how === HALF_GONE && (await this.#run({ action: 'rollback' })).how === 'done') return 'rollback';
    throw new Error(`${action} ended with ${how}`);
  }

  /** Asks for a move where a day may be half gone. Returns how it was refused; undefined when it was made. */
  async ask(plan: MovePlan): Promise<MoverEnd | undefined> {
    const end = await this.#run({ action: 'run', plan });
    return end.how === 'done' ? undefined : end;
  }

  /** Compares the moved rows, and cleans up what is left of them on the sources. */
  async cleanUp(): Promise<void> {
    const { cluster } = this.#scene;
    for (const { bucket, table, examples } of await verifyMoves(cluster))
      this.#findings.add('mismatched', `bucket ${bucket}`, `${table} differs: ${examples.join(', ')}`);
    await cleanUp(cluster, { by: 'faults', throttle: 'off', graceMs: 0 });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#movers].map((mover) => mover.kill()));
  }

  /** Runs movers until one gets its shards: for a while they are still held for movers that died. */
  async #run(work: MoverWork): Promise<MoverEnd> {
    let end: MoverEnd | undefined;
    await until(`${work.action} to get its shards`, async () => {
      end = await this.#start(work).ended;
      return end.how !== 'REBALANCE_SHARD_BUSY';
    });
    return end!;
  }

  #start(work: MoverWork): Mover {
    const mover = new Mover(this.#scene, work);
    this.#movers.add(mover);
    void mover.ended.then(() => this.#movers.delete(mover));
    return mover;
  }
}
