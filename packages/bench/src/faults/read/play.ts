import { type Seeded, seededFrom } from '../seeded.ts';
import { Tallies } from '../series.ts';
import type { Fault } from './fault.ts';
import type { Scene } from './scene.ts';

/** Does faults one after the other, each when the projectors have recovered from the last, and then checks. */
export async function play(
  scene: Scene,
  series: readonly Fault[],
  random: Seeded,
  progress: (message: string) => void,
): Promise<Tallies> {
  const tallies = new Tallies();
  const start = performance.now();
  const elapsed = () => `${((performance.now() - start) / 1_000).toFixed(1)} s`;
  await scene.recovered();
  progress(`${elapsed()}: orders are projected`);
  for (const fault of series) {
    const evidence = await fault.happen(scene, seededFrom(random));
    tallies.add(fault.name, evidence);
    progress(`${elapsed()}: ${tallies.faults}: ${fault.name}: ${evidence ?? 'cannot be proved'}`);
    await scene.recovered();
  }
  await scene.check();
  if (scene.findings.all().length > 0) progress(await scene.standing());
  progress(`${elapsed()}: the views are compared with the orders`);
  return tallies;
}
