import { readMoves } from '@ordershard/rebalance';
import { openArchiveStore } from '@ordershard/rebalance/archive';
import type { FaultResult, FaultRunOptions } from '../fault-run.ts';
import { Findings } from '../findings.ts';
import { textTable } from '../../measure/table.ts';
import { resultOf } from '../report.ts';
import { Whereabouts } from '../retention/where.ts';
import { Seeded } from '../seeded.ts';
import { Tallies } from '../series.ts';
import { farthestFromEven, planDays } from './days.ts';
import { type Death, DEATHS_OF_THREE, DEATHS_OF_TWO, dieAfter } from './deaths.ts';
import { openUnderLoad } from './opening.ts';
import { EpochScene } from './scene.ts';

/**
 * The least number of orders for each fault. The number of faults follows from the steps of the days, and not from the
 * orders.
 */
const CALLS_A_FAULT = 1;

const DAYS = 31;

/** Orders by shard at the end of a day. */
interface Evening {
  readonly day: number;
  readonly counts: readonly number[];
  readonly off: number;
}

/**
 * Two shards have lived for a while. On day 1 the run adds a third and opens an epoch. By a clock that jumps from day to day,
 * the shards become even while retention takes the days before away. Openers are killed at each step; some processes have not
 * heard of the epoch, or have a fast clock. Every evening each order must be on the shard that its number's epoch says, and
 * where it always was.
 */
export async function run({ days = DAYS, seed, mysql, progress }: FaultRunOptions): Promise<FaultResult> {
  const plan = planDays(days);
  const random = new Seeded(seed);
  const findings = new Findings(({ kind, subject, detail }) => progress(`${kind} ${subject}: ${detail}`));
  const tallies = new Tallies();
  const scene = await EpochScene.open({ plan, random, findings, mysql, progress });
  try {
    const evenings: Evening[] = [];
    const evening = async (day: number, reads?: number) => {
      // A short run skips retention on the days on which nothing is due.
      if (plan.full || day > plan.keepDays) await scene.retain();
      const counts = await scene.check(reads);
      const off = farthestFromEven([...counts, ...Array<number>(3 - counts.length).fill(0)]);
      evenings.push({ day, counts, off });
      progress(`day ${day} of ${days}: ${counts.join(', ')} orders, ${(off * 100).toFixed(1)} % off`);
    };
    const die = async (death: Death) =>
      tallies.add(
        `opener killed after ${death.step} on shard ${death.shard} of ${scene.members}`,
        await dieAfter(scene, death),
      );

    for (let day = 1 - plan.before; day <= days; day += 1) {
      scene.jumpToDay(day + plan.before - 1);
      if (day <= 0) {
        const death = DEATHS_OF_TWO[day + plan.before - 1];
        if (plan.full && death !== undefined) await die(death);
      } else if (day === 1) {
        await scene.addShard();
        for (const death of plan.full ? DEATHS_OF_THREE : DEATHS_OF_THREE.slice(0, 1)) await die(death);
        for (const [kind, evidence] of await openUnderLoad(scene)) tallies.add(kind, evidence);
      }
      await scene.live(plan.ordersPerDay);
      await evening(day, day === days ? Infinity : plan.reads);
    }
    const [first, last] = [evenings.find(({ day }) => day === 1)!, evenings.at(-1)!];
    if (first.off <= plan.mostOff)
      findings.add('mismatched', 'day 1', 'the shards are even from the beginning');
    if (last.off > plan.mostOff)
      findings.add('mismatched', `day ${days}`, `a shard is ${(last.off * 100).toFixed(2)} % off`);

    const epochs = scene.assignments.count;
    const left = await closeAll(scene, days);
    const copied = await scene.onCluster(readMoves);
    if (copied.length > 0) findings.add('mismatched', 'moves', `${copied.length} were made`);
    const places = await lookEverywhere(scene);
    return resultOf(tallies, findings, {
      redelivered: 0,
      acknowledged: scene.journal.orders.size,
      callsAFault: CALLS_A_FAULT,
      summary: [
        textTable(
          ['day', 'shard 0', 'shard 1', 'shard 2', 'farthest off'],
          evenings.map(({ day, counts, off }) => [
            String(day),
            ...[0, 1, 2].map((shard) => (counts[shard] ?? '-').toString()),
            `${(off * 100).toFixed(2)} %`,
          ]),
        ),
        `${scene.journal.orders.size} orders acknowledged: ${places}; ${copied.length} moves`,
        `${epochs} epochs, ${left} after closing; asked again: ${[...scene.journal.again].map(([code, times]) => `${times} ${code}`).join(', ') || 'never'}`,
      ].join('\n'),
    });
  } finally {
    await scene.close();
  }
}

/**
 * Closes the epochs that retention has emptied, if need be on the day after the last one. Returns how many epochs are left.
 */
async function closeAll(scene: EpochScene, days: number): Promise<number> {
  const { plan, store, findings, assignments } = scene;
  if (days < plan.keepDays + 2) {
    scene.jumpToDay(days + plan.before);
    await scene.retain();
  }
  const { epochs } = await store.json<{ epochs: number }>(['epoch', 'close', '--yes', '--reason', 'empty']);
  if (epochs !== 1) findings.add('mismatched', 'epoch close', `${epochs} epochs are left`);
  assignments.restart(await scene.map());
  await scene.live(plan.ordersPerDay);
  await scene.check();
  return epochs;
}

/** Looks for every order that was ever acknowledged: it must be on a shard or in the archive, once. */
async function lookEverywhere({ store, archive: folder, journal, findings }: EpochScene): Promise<string> {
  const archive = await openArchiveStore(folder);
  try {
    const places = await new Whereabouts(store.shards, archive, folder).look();
    const counts = new Map<string, number>();
    for (const { number, version } of journal.orders.values()) {
      const found = places.get(number) ?? [];
      const where = found.map((place) => `${place.where} at ${place.version}`).join(', ');
      if (found.length === 0) findings.add('lost', number, 'is neither on a shard nor in the archive');
      else if (found.length > 1) findings.add('duplicated', number, `is in ${where}`);
      else if (found[0]!.version !== version)
        findings.add('mismatched', number, `is in ${where}, was acknowledged at ${version}`);
      for (const { place } of found) counts.set(place, (counts.get(place) ?? 0) + 1);
    }
    for (const number of places.keys())
      if (!journal.orders.has(number))
        findings.add('duplicated', number, 'is there, and nobody was told of it');
    return [...counts].map(([place, count]) => `${count} ${place}`).join(', ');
  } finally {
    await archive.close();
  }
}
