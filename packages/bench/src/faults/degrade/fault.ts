import type { Scene } from './scene.ts';

/** A fault that a scene has for a while. */
export interface Fault {
  readonly name: string;
  /** The part that the fault harms. Two faults at once harm different parts. */
  readonly victim: string;
  /** Whether a client who asks for a number first may wait for the part that is gone. */
  readonly felt: boolean;
  /**
   * Begins the fault. Resolves to a function that is called at the fault's end and returns what proves that it happened;
   * undefined without proof.
   */
  begin(scene: Scene): Promise<() => Promise<string | undefined>>;
  /** Undoes it. */
  end(scene: Scene): Promise<void>;
}
