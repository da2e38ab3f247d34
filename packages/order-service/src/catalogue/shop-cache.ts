import type { Shop } from './catalogue.ts';

/** Limits of a {@link ShopCache}. */
export interface ShopCacheOptions {
  /** How long a shop is served from memory. */
  readonly ttlMs: number;
  /** How many shops are kept; the one that was read longest ago goes first. */
  readonly size: number;
  /** Milliseconds of a clock that does not go back. */
  readonly now?: () => number;
}

/**
 * Shops that were read lately. Callers that ask for the same shop at once share one read. The cache does not remember that a
 * shop is absent: members can order from a new shop at once.
 */
export class ShopCache {
  readonly #ttlMs: number;
  readonly #size: number;
  readonly #now: () => number;
  readonly #entries = new Map<string, { readonly shop: Shop; readonly until: number }>();
  readonly #loading = new Map<string, Promise<Shop | undefined>>();

  constructor({ ttlMs, size, now = () => performance.now() }: ShopCacheOptions) {
    this.#ttlMs = ttlMs;
    this.#size = size;
    this.#now = now;
  }

  /** The shop from memory, or from `load`. */
  async get(shopId: string, load: () => Promise<Shop | undefined>): Promise<Shop | undefined> {
    const entry = this.#entries.get(shopId);
    if (entry !== undefined && entry.until > this.#now()) return entry.shop;
    return this.#loading.get(shopId) ?? this.#load(shopId, load);
  }

  /** Keeps a shop that was just written. A read of it that is under way came too early to be kept. */
  set(shop: Shop): void {
    this.#loading.delete(shop.shopId);
    this.#keep(shop);
  }

  async #load(shopId: string, load: () => Promise<Shop | undefined>): Promise<Shop | undefined> {
    const loading = load();
    this.#loading.set(shopId, loading);
    try {
      const shop = await loading;
      if (shop !== undefined && this.#loading.get(shopId) === loading) this.#keep(shop);
      return shop;
    } finally {
      if (this.#loading.get(shopId) === loading) this.#loading.delete(shopId);
    }
  }

  #keep(shop: Shop): void {
    this.#entries.delete(shop.shopId);
    this.#entries.set(shop.shopId, { shop, until: this.#now() + this.#ttlMs });
    if (this.#entries.size <= this.#size) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      break;
    }
  }
}
