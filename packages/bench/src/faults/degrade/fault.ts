import type { Scene } from './scene.ts';

/** What is done to a scene for a while. */
export interface Fault {
  readonly name: string;
  /** What it is done to: of two at once, each is done to another. */
  readonly victim: string;
  /** Whether a client who asks for a number first may wait for the part that is gone. */
  readonly felt: boolean;
  /** Does it. What it gives proves at its end that it happened; undefined when nothing does. */
  begin(scene: Scene): Promise<() => Promise<string | undefined>>;
  /** Undoes it. */
  end(scene: Scene): Promise<void>;
}
