import type { Scene } from './scene.ts';

/** Done to a scene, one at a time. */
export interface Fault {
  readonly name: string;
  /** Whether it can be done here. */
  possible?(scene: Scene): boolean;
  /**
   * Does the fault, and undoes what does not pass by itself.
   *
   * @returns what proves that it happened; undefined without proof
   */
  happen(scene: Scene): Promise<string | undefined>;
}
