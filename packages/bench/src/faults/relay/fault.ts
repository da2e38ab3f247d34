import type { Seeded } from '../seeded.ts';
import type { Scene } from './scene.ts';
import type { Victim } from './victim.ts';

/** Done to a scene, alone or together with others. */
export interface Fault {
  readonly name: string;
  readonly victim: Victim;
  /**
   * Does the fault, and undoes what does not pass by itself.
   *
   * @param random of this fault alone
   * @returns what proves that it happened; undefined without proof
   */
  happen(scene: Scene, random: Seeded): Promise<string | undefined>;
}
