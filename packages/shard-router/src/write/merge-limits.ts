/** How units of a shard are merged. */
export interface MergeLimits {
  /** Units in one transaction, at the most. */
  readonly units: number;
  /** Length of one transaction's text, UTF-16 units. Never above what the server takes. */
  readonly length: number;
  /**
   * The most merged transactions of a shard under way at once. Beside one, another begins only once half of it would be full.
   */
  readonly lanes: number;
  /** Units that may wait for a shard; more are refused at once. */
  readonly queue: number;
  /** Length of all texts that wait for a shard, UTF-16 units; more are refused at once. */
  readonly queueLength: number;
}

export const DEFAULT_MERGE_LIMITS: MergeLimits = {
  units: 128,
  length: 1024 * 1024,
  lanes: 2,
  queue: 10_000,
  queueLength: 64 * 1024 * 1024,
};
