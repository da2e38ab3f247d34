import { type Seeded, seededFrom } from '../seeded.ts';
import { Tallies } from '../series.ts';
import { WaitedInVainError } from '../until.ts';
import type { Fault } from './fault.ts';
import type { Scene } from './scene.ts';

/**
 * Does groups of faults one after the other, each when all have recovered from the last, and then checks. What does not
 * recover is found to be wrong, and ends the series.
 */
export async function play(
  scene: Scene,
  groups: readonly (readonly Fault[])[],
  random: Seeded,
  progress: (message: string) => void,
): Promise<Tallies> {
  const tallies = new Tallies();
  const start = performance.now();
  const elapsed = () => `${((performance.now() - start) / 1_000).toFixed(1)} s`;
  const recovered = async (from: string) => {
    try {
      await scene.recovered();
      return true;
    } catch (error) {
      if (!(error instanceof WaitedInVainError)) throw error;
      scene.findings.add('failed', from, error.message);
      return false;
    }
  };
  let well = await recovered('the start');
  progress(`${elapsed()}: orders are projected`);
  for (const group of groups) {
    if (!well) break;
    const results = await Promise.allSettled(group.map((fault) => fault.happen(scene, seededFrom(random))));
    for (const [at, result] of results.entries()) {
      const { name } = group[at]!;
      const evidence = result.status === 'fulfilled' ? result.value : notSeen(scene, name, result.reason);
      tallies.add(name, evidence);
      progress(`${elapsed()}: ${tallies.faults}: ${name}: ${evidence ?? 'cannot be proved'}`);
    }
    well = await recovered(group.map(({ name }) => name).join(', '));
    progress(`${elapsed()}: ${well ? 'all is well again' : 'it does not recover'}`);
  }
  await scene.check();
  progress(`${elapsed()}: views, orders and letters are compared`);
  return tallies;
}

/** Adds a finding for a fault whose effect was waited for in vain. Throws any other reason. */
function notSeen(scene: Scene, name: string, reason: unknown): undefined {
  if (!(reason instanceof WaitedInVainError)) throw reason;
  scene.findings.add('failed', name, reason.message);
}
