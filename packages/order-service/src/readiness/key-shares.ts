import type { ShardRouter } from '@ordershard/shard-router';

type KeyRouter = Pick<ShardRouter, 'bucketCount' | 'bucketOf' | 'shardOf'>;

/** Computes which share of all idempotency keys lives on some shards, by one sample text for each bucket, found once. */
export class KeyShares {
  readonly #router: KeyRouter;
  #texts: readonly string[] = [];

  constructor(router: KeyRouter) {
    this.#router = router;
  }

  /** From 0 to 1. */
  on(shards: ReadonlySet<number>): number {
    if (shards.size === 0) return 0;
    if (this.#texts.length !== this.#router.bucketCount) this.#texts = textOfEachBucket(this.#router);
    const there = this.#texts.filter((text) => shards.has(this.#router.shardOf(text)));
    return there.length / this.#texts.length;
  }
}

/** Some 8,000 hashes for 1,024 buckets: a few milliseconds. */
function textOfEachBucket(router: KeyRouter): string[] {
  const found = new Map<number, string>();
  for (let tries = 0; found.size < router.bucketCount; tries += 1) {
    const text = `bucket ${tries}`;
    const bucket = router.bucketOf(text);
    if (!found.has(bucket)) found.set(bucket, text);
  }
  return [...found.values()];
}
