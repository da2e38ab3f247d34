/** How units of a shard are merged. */
export interface MergeLimits {
  /** Units in one transaction, at the most. */
  readonly units: number;
  /** Length of one transaction's text, UTF-16 units. Never above what the server takes. */
  readonly length: number;
  /** Merged transactions of a shard that are under way at once; another one beside one is begun once half of it is full. */
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
