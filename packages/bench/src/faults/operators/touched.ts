/** What a checker knows of an order that a shard had changed, or had events or keys of, between its backup and its crash. */
export interface Touched {
  /**
   * The lowest version that the order may have: that of the backup, or the last published one; 0 when there is neither.
   * Undefined when its rows had gone to another shard before the crash: then nothing of it may be lost.
   */
  readonly least: number | undefined;
  /** The version that was acknowledged before the crash, which the order must not go past. */
  readonly most: number;
}
