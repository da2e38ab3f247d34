import type { Seeded } from '../seeded.ts';
import type { Scene } from './scene.ts';

/** What a fault is done to. Of faults at the same time, one has the broker, one a shard, and some relays are left alone. */
export type Victim = 'relay' | 'broker' | 'shard';

/** Done to a scene, alone or together with others. */
export interface Fault {
  readonly name: string;
  readonly victim: Victim;
  /**
   * Does it, and undoes what does not pass by itself.
   *
   * @param random of this fault alone
   * @returns what proves that it happened; undefined when nothing does
   */
  happen(scene: Scene, random: Seeded): Promise<string | undefined>;
}
