import { type Seeded, seededFrom } from '../seeded.ts';
import { Tallies } from '../series.ts';
import type { Fault } from './fault.ts';
import type { Scene } from './scene.ts';

/** Does groups of faults one after the other, each when the relays have recovered from the last, and then checks. */
export async function play(
  scene: Scene,
  groups: readonly (readonly Fault[])[],
  random: Seeded,
  progress: (message: string) => void,
): Promise<Tallies> {
  const tallies = new Tallies();
  const start = performance.now();
  const elapsed = () => `${((performance.now() - start) / 1_000).toFixed(1)} s`;
  await scene.recovered();
  progress(`${elapsed()}: every table is relayed`);
  for (const group of groups) {
    const results = await Promise.allSettled(group.map((fault) => fault.happen(scene, seededFrom(random))));
    for (const [at, result] of results.entries()) {
      const { name } = group[at]!;
      if (result.status === 'rejected') throw result.reason;
      tallies.add(name, result.value);
      progress(`${elapsed()}: ${tallies.faults}: ${name}: ${result.value ?? 'cannot be proved'}`);
    }
    await scene.recovered();
    progress(`${elapsed()}: every table is relayed again`);
  }
  await scene.check();
  progress(`${elapsed()}: the topic is compared with the tables`);
  return tallies;
}
