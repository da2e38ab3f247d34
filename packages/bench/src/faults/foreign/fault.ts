import type { Seeded } from '../seeded.ts';
import type { Scene } from './scene.ts';

/** Done to a scene, alone or, where it is light, together with others. */
export interface Fault {
  readonly name: string;
  /** Messages alone: several such faults are done at once. Others stop something, and come one after the other. */
  readonly light: boolean;
  /** How often this fault comes, in relation to the others. */
  readonly weight: number;
  /**
   * Does the fault, and undoes what does not pass by itself.
   *
   * @param random of this fault alone
   * @returns what proves that it happened; undefined without proof
   */
  happen(scene: Scene, random: Seeded): Promise<string | undefined>;
}
