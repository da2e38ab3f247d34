/** What a checker knows of an order that a shard had changed, or had events or keys of, between its backup and its crash. */
export interface Touched {
  /**
   * The version that it must have at the least: that of the backup, or the last that was published; 0 where there is neither.
   * Undefined where its rows had gone to another shard before the crash: nothing of those may be lost.
   */
  readonly least: number | undefined;
  /** The version that it was acknowledged to have at the crash, which it must not go past. */
  readonly most: number;
}
