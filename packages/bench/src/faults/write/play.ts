import type { Seeded } from '../seeded.ts';
import type { Fault } from './fault.ts';
import type { Scene } from './scene.ts';

/** Faults between two checks. */
const CHECK_EVERY = 50;

/** What became of the faults of one kind. */
export interface Tally {
  faults: number;
  landed: number;
  /** What proved the last one. */
  evidence: string;
}

/** Does faults one after the other, each when the writing has recovered from the last, and checks in between. */
export async function play(
  scene: Scene,
  series: readonly Fault[],
  progress: (message: string) => void,
): Promise<ReadonlyMap<string, Tally>> {
  const tallies = new Map<string, Tally>();
  await scene.recovered();
  for (const [index, fault] of series.entries()) {
    const tally = tallies.get(fault.name) ?? { faults: 0, landed: 0, evidence: '' };
    tallies.set(fault.name, tally);
    tally.faults += 1;
    const evidence = await fault.happen(scene);
    if (evidence === undefined) {
      progress(`${index + 1}: ${fault.name} cannot be proved`);
    } else {
      tally.landed += 1;
      tally.evidence = evidence;
    }
    await scene.recovered();
    if ((index + 1) % CHECK_EVERY === 0 && index + 1 < series.length) {
      await scene.check();
      const { journal, findings } = scene;
      progress(
        `${index + 1} faults, ${journal.acknowledged} acknowledged, ${journal.orders.size} orders, ${findings.all().length} findings`,
      );
    }
  }
  await scene.check();
  return tallies;
}

/** A series in which each kind comes as often as any other, shuffled. */
export function seriesOf(kinds: readonly Fault[], count: number, random: Seeded): Fault[] {
  const series: Fault[] = [];
  while (series.length < count) series.push(...random.shuffled(kinds));
  return series.slice(0, count);
}
