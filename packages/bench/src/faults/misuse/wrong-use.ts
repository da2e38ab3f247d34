import type { UseStage } from './stage.ts';

/** A way to use the router wrongly. It may be refused by type, or come out right. */
export interface WrongUse {
  readonly name: string;
  /** Whether it sets fences by hand, which no use may do while an epoch is being opened. */
  readonly setsFences?: true;
  /**
   * Does the wrong use, and judges what the shards hold afterwards.
   *
   * @returns what proves that it happened; undefined without proof
   */
  happen(stage: UseStage): Promise<string | undefined>;
}
