import { Tallies } from '../series.ts';
import type { Fault } from './fault.ts';
import type { Scene } from './scene.ts';

/** Faults between two checks. */
const CHECK_EVERY = 50;

/** Does faults one after the other, each when the writing has recovered from the last, and checks in between. */
export async function play(
  scene: Scene,
  series: readonly Fault[],
  progress: (message: string) => void,
): Promise<Tallies> {
  const tallies = new Tallies();
  await scene.recovered();
  for (const [index, fault] of series.entries()) {
    const evidence = await fault.happen(scene);
    tallies.add(fault.name, evidence);
    if (evidence === undefined) progress(`${index + 1}: ${fault.name} cannot be proved`);
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
