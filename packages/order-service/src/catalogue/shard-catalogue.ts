import { ShardUnavailableError, type ShardRouter } from '@ordershard/shard-router';
import type { Catalogue, Shop } from './catalogue.ts';
import { CatalogueWriteError } from './errors.ts';
import { ShopCache, type ShopCacheOptions } from './shop-cache.ts';
import { decodeShop, encodeShop } from './shop-row.ts';
import { selectShop } from './sql/select-shop.ts';
import { upsertShop } from './sql/upsert-shop.ts';

/** What the catalogue uses of the router. */
type CatalogueRouter = Pick<ShardRouter, 'allShards' | 'liveShards' | 'onShard' | 'drawNumber'>;

const CACHE: ShopCacheOptions = { ttlMs: 3_000, size: 10_000 };

/**
 * The catalogue in a table that is the same on every shard, so that any live shard answers. A write goes to all of them
 * under one revision, drawn like an order number: unique, and later than those drawn before, so that whichever of two
 * concurrent writes reaches a shard last, all shards end with the same one.
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
    const known = await this.#read(shop.shopId);
    const revision = this.#router.drawNumber();
    const body = encodeShop(shop);
    const shards = this.#router.allShards();
    const results = await Promise.allSettled(
      shards.map((shard) =>
        this.#router.onShard(shard, (session) => upsertShop(session, shop.shopId, revision, body)),
      ),
    );
    const failed = shards.filter((_, index) => results[index]?.status === 'rejected');
    if (failed.length > 0) {
      const errors = results
        .filter((result) => result.status === 'rejected')
        .map(({ reason }) => reason as unknown);
      const unexpected = errors.find((error) => !(error instanceof ShardUnavailableError));
      throw unexpected ?? new CatalogueWriteError(failed, { cause: errors[0] });
    }
    this.#cache.set(shop);
    return known === undefined ? 'created' : 'replaced';
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
