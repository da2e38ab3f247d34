import { type ShardRouter, type ShardSession, ShardUnavailableError } from '@ordershard/shard-router';
import { nextRevision } from '../revision.ts';
import type { Catalogue, Shop } from './catalogue.ts';
import { CatalogueWriteError } from './errors.ts';
import { ShopCache, type ShopCacheOptions } from './shop-cache.ts';
import { decodeShop, encodeShop } from './shop-row.ts';
import { selectShop, selectShopRow } from './sql/select-shop.ts';
import { upsertShop } from './sql/upsert-shop.ts';

/** What the catalogue uses of the router. */
type CatalogueRouter = Pick<ShardRouter, 'allShards' | 'liveShards' | 'onShard'>;

const CACHE: ShopCacheOptions = { ttlMs: 3_000, size: 10_000 };

/** How often a write draws a revision: two writes of a shop at once may draw the same one, and then draw again. */
const TRIES = 5;

/**
 * The catalogue in a table that is the same on every shard, so that any live shard answers. A write goes to all shards with
 * one revision, above that of every write that was answered before, so that the later write stays. Of two concurrent writes,
 * all shards end with the same one, whichever reaches a shard last.
 */
export class ShardCatalogue implements Catalogue {
  readonly #router: CatalogueRouter;
  readonly #cache: ShopCache;
  #turn = 0;

  constructor(router: CatalogueRouter, cache: ShopCacheOptions = CACHE) {
    this.#router = router;
    this.#cache = new ShopCache(cache);
  }

  async findShop(shopId: string): Promise<Shop | undefined> {
    return this.#cache.get(shopId, () => this.#read(shopId));
  }

  async putShop(shop: Shop): Promise<'created' | 'replaced'> {
    const { shopId } = shop;
    const body = encodeShop(shop);
    const known = (
      await this.#onAll((session) => selectShopRow(session, shopId), 'those that answer')
    ).filter((row) => row !== undefined);
    let highest = known.reduce(
      (most, { revision }) => (BigInt(revision) > most ? BigInt(revision) : most),
      0n,
    );
    for (let tries = 1; ; tries += 1) {
      const revision = nextRevision(highest);
      const standing = await this.#onAll(
        (session) => upsertShop(session, shopId, revision, body),
        'every one',
      );
      const drawnTwice = standing.some(
        (row) => row.revision === revision && encodeShop(decodeShop(shopId, row.body)) !== body,
      );
      if (!drawnTwice) break;
      if (tries === TRIES) throw new CatalogueWriteError(this.#router.allShards());
      highest = revision;
    }
    this.#cache.set(shop);
    return known.length === 0 ? 'created' : 'replaced';
  }

  /**
   * Returns what `fn` returns on the shards. Throws the errors of `fn`, except ShardUnavailableError: for that, it throws
   * CatalogueWriteError if every shard is wanted or none answers.
   */
  async #onAll<T>(
    fn: (session: ShardSession) => Promise<T>,
    wanted: 'every one' | 'those that answer',
  ): Promise<readonly T[]> {
    const shards = this.#router.allShards();
    const results = await Promise.allSettled(shards.map((shard) => this.#router.onShard(shard, fn)));
    const errors = results
      .filter((result) => result.status === 'rejected')
      .map(({ reason }) => reason as unknown);
    const unexpected = errors.find((error) => !(error instanceof ShardUnavailableError));
    if (unexpected !== undefined) throw unexpected;
    const given = results.filter((result) => result.status === 'fulfilled').map(({ value }) => value);
    if (errors.length > 0 && (wanted === 'every one' || given.length === 0)) {
      const failed = shards.filter((_, index) => results[index]?.status === 'rejected');
      throw new CatalogueWriteError(failed, { cause: errors[0] });
    }
    return given;
  }

  /** Asks the live shards in turn until one answers. */
  async #read(shopId: string): Promise<Shop | undefined> {
    const live = this.#router.liveShards();
    const shards = live.length > 0 ? live : this.#router.allShards();
    this.#turn += 1;
    let unavailable: unknown;
    for (let i = 0; i < shards.length; i += 1) {
      const shard = shards[(this.#turn + i) % shards.length]!;
      try {
        const body = await this.#router.onShard(shard, (session) => selectShop(session, shopId));
        return body === undefined ? undefined : decodeShop(shopId, body);
      } catch (error) {
        if (!(error instanceof ShardUnavailableError)) throw error;
        unavailable = error;
      }
    }
    throw unavailable;
  }
}
