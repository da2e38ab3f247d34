import type { UseStage } from './stage.ts';

/** A way to use the router wrongly. It may be refused by type, or come out right. */
export interface WrongUse {
  readonly name: string;
  /** Whether it sets fences by hand, which nobody may do while an epoch is opened. */
  readonly setsFences?: true;
  /**
   * Does it, and judges what the shards hold afterwards.
   *
   * @returns what proves that it happened; undefined when nothing does
   */
  happen(stage: UseStage): Promise<string | undefined>;
}
