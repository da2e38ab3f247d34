/**
 * A shop was not written to every shard: those named may still have it as it was before. Putting it again makes it the
 * same everywhere.
 */
export class CatalogueWriteError extends Error {
  readonly code = 'CATALOGUE_WRITE_INCOMPLETE';
  readonly retryable = true;
  override readonly name = 'CatalogueWriteError';
  /** The shards that did not answer. */
  readonly shards: readonly number[];

  constructor(shards: readonly number[], options?: ErrorOptions) {
    super(`the shop was not written to shard ${shards.join(', ')}`, options);
    this.shards = shards;
  }
}
