import type { Scene } from './scene.ts';

/** Done to a scene, one at a time. */
export interface Fault {
  readonly name: string;
  /** Whether it can be done here. */
  possible?(scene: Scene): boolean;
  /**
   * Does it, and undoes what does not pass by itself.
   *
   * @returns what proves that it happened; undefined when nothing does
   */
  happen(scene: Scene): Promise<string | undefined>;
}
