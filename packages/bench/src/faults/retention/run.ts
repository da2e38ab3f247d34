import type { FaultResult, FaultRunOptions } from '../fault-run.ts';
import { Findings } from '../findings.ts';
import { resultOf } from '../report.ts';
import { Seeded, seededFrom } from '../seeded.ts';
import { Tallies } from '../series.ts';
import { compare, summaryOf } from './compare.ts';
import type { KnownOrder } from './journal.ts';
import { DayMoves, HALF_GONE } from './moves.ts';
import { RetentionDays } from './scene.ts';
import { Whereabouts } from './where.ts';

/**
 * The least number of orders for each fault. The number of faults follows from the steps of the days, and not from the
 * orders.
 */
const CALLS_A_FAULT = 1;

/** Days that are lived unless said otherwise. */
const DAYS = 40;
const RETENTION_DAYS = 30;
/** Orders of a day: in its first part, and after the faults. */
const ORDERS = [20, 5] as const;
/** The least number of lines that retention prints when it takes a day off two shards. */
const LINES = 14;

/**
 * Lives day after day by a clock that jumps, in the processes and the databases alike. Orders go their ways, and are held,
 * refunded late and restored. Meanwhile buckets move, to the end, or cut off with -9 and settled later. Each day retention
 * runs, is refused in the middle of a move, is killed with -9 somewhere, and runs again. A writer with a slow clock comes
 * too. Every evening each order must be in exactly one of shard, carried-over and archive, with its last version. `days` is
 * the number of days; fewer than 32 have a retention of one day.
 */
export async function run({ days = DAYS, seed, mysql, progress }: FaultRunOptions): Promise<FaultResult> {
  const keepDays = days > RETENTION_DAYS + 1 ? RETENTION_DAYS : 1;
  const random = new Seeded(seed);
  const findings = new Findings(({ kind, subject, detail }) => progress(`${kind} ${subject}: ${detail}`));
  const scene = await RetentionDays.open(keepDays, mysql, progress);
  const life = new Life(scene, random, findings);
  try {
    for (let day = 0; day < days; day += 1) {
      await life.day(day);
      progress(`day ${day + 1} of ${days}: ${life.orders.length} orders`);
    }
    return resultOf(life.tallies, findings, {
      summary: `${days} days, ${life.orders.length} orders: ${await life.summary()}`,
      redelivered: 0,
      acknowledged: life.orders.length,
      callsAFault: CALLS_A_FAULT,
    });
  } finally {
    await life.moves.close();
    await scene.close();
  }
}

/** The life of the orders, day by day. */
class Life {
  orders: readonly KnownOrder[] = [];
  readonly tallies = new Tallies();
  readonly moves: DayMoves;
  readonly #scene: RetentionDays;
  readonly #random: Seeded;
  readonly #findings: Findings;
  readonly #whereabouts: Whereabouts;
  readonly #total = { refunds: 0, refused: 0, restored: 0, later: 0 };

  constructor(scene: RetentionDays, random: Seeded, findings: Findings) {
    this.#scene = scene;
    this.#random = random;
    this.#findings = findings;
    this.moves = new DayMoves(scene, seededFrom(random), findings);
    this.#whereabouts = new Whereabouts(scene.shards, scene.archive, scene.folder);
  }

  async day(day: number): Promise<void> {
    const scene = this.#scene;
    if (day > 0) scene.jumpToDay(day);
    const due = day > scene.keepDays;
    const plan = await this.moves.plan(this.orders);
    if (day % 2 === 1)
      this.#tally(
        'buckets move while orders live',
        await this.moves.whole(plan, () => this.#live(ORDERS[0])),
      );
    else {
      const evidence = await this.moves.cutOff(plan, () => this.#live(ORDERS[0]));
      this.#tally('kill -9 of a mover', evidence);
      if (due) await this.#retainInAMove();
      await this.moves.settle();
    }
    if (due) await this.#retainKilled();
    const ended = await scene.retain();
    if (ended !== undefined) this.#findings.add('lost', `day ${day}`, `retention ended with ${ended}`);
    if (this.#random.chance(0.5)) await this.moves.cleanUp();
    compare(this.orders, await this.#whereabouts.look(), scene, this.#findings);
  }

  async summary(): Promise<string> {
    const { refunds, refused, restored, later } = this.#total;
    const places = summaryOf(await this.#whereabouts.look());
    return `${places}; ${refunds} refunds, ${refused} came too late, ${restored} orders restored for them; ${later} requests had to come later for a move`;
  }

  async #live(place: number): Promise<void> {
    const seed = this.#random.between(0, 2 ** 31);
    const result = await this.#scene.live({ seed, place, orders: this.orders, moving: true });
    this.orders = result.orders;
    for (const { number, detail } of result.wrong) this.#findings.add('lost', number, detail);
    for (const count of ['refunds', 'refused', 'restored', 'later'] as const)
      this.#total[count] += result[count];
  }

  /** Runs retention in the middle of a move. It has to leave alone a shard of which a bucket is moving. */
  async #retainInAMove(): Promise<void> {
    if ((await this.moves.open()).length === 0) return;
    const said = await this.#scene.retain();
    this.#tally(
      'retention in the middle of a move',
      said?.match(/bucket \d+ is [^"]*rolled back first/)?.[0],
    );
  }

  /** Kills retention somewhere. Then asks for a move, lets a slow writer write, and orders go on. */
  async #retainKilled(): Promise<void> {
    const scene = this.#scene;
    this.#tally('kill -9 of retention', await scene.retain(this.#random.between(1, LINES + 1)));
    scene.outliveLeases();
    const halfGone = await scene.rows<{ day: string }>(
      `SELECT DATE_FORMAT(day, '%Y-%m-%d') AS day FROM retention_days WHERE step IN ('archived', 'detached', 'dropping')`,
    );
    const refused = await this.moves.ask(await this.moves.plan(this.orders));
    if (halfGone.length > 0)
      this.#tally(
        'a move where a day is half gone',
        refused?.how === HALF_GONE ? refused.message : undefined,
      );
    else if (refused !== undefined && refused.how !== HALF_GONE)
      this.#findings.add('mismatched', 'a move', `ended with ${refused.how}: ${refused.message}`);
    await this.#writeSlowly();
    await this.#live(ORDERS[1]);
  }

  /**
   * By a slow clock no order is accepted as new. A write that does not say it is new is stored while its day is open; then it
   * is an order like any other.
   */
  async #writeSlowly(): Promise<void> {
    const { days, answers } = await this.#scene.writeSlowly();
    const { stored, ...asNew } = answers;
    const codes = Object.values(asNew).map(({ code }) => code);
    this.#tally(
      `a writer whose clock is ${days} days slow`,
      codes.includes(undefined) ? undefined : `refused: ${codes.join(', ')}; ${stored!.code ?? 'stored'}`,
    );
    if (stored!.number !== undefined)
      this.orders = [
        ...this.orders,
        { number: stored!.number, version: 1, status: 'slow', held: false, stuck: true },
      ];
  }

  #tally(kind: string, evidence: string | undefined): void {
    this.tallies.add(kind, evidence);
  }
}
