/** What a shop sells. Price in minor units of the shop's currency. */
export interface Menu {
  readonly menuId: string;
  readonly name: string;
  readonly price: bigint;
}

export interface Shop {
  readonly shopId: string;
  readonly name: string;
  /** ISO 4217. */
  readonly currency: string;
  /** By menu id, in the shop's own order. */
  readonly menus: ReadonlyMap<string, Menu>;
}

/** The shops that orders can be placed at. */
export interface Catalogue {
  /** The shop as it was at most a few seconds ago; undefined when there is none. */
  findShop(shopId: string): Promise<Shop | undefined>;
  /**
   * Puts a shop in the place of the one with its id. Can be repeated.
   *
   * @throws CatalogueWriteError when it may not be everywhere yet
   */
  putShop(shop: Shop): Promise<'created' | 'replaced'>;
}
