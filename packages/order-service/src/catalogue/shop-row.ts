import type { Shop } from './catalogue.ts';

/** The JSON of a shop's row. Prices are decimal text: no JSON reader rounds them. */
interface ShopBody {
  readonly name: string;
  readonly currency: string;
  readonly menus: readonly { readonly menuId: string; readonly name: string; readonly price: string }[];
}

/** Writes what a shop's row holds beside its id: equal shops have equal texts. */
export function encodeShop({ name, currency, menus }: Shop): string {
  const body: ShopBody = {
    name,
    currency,
    menus: [...menus.values()].map(({ menuId, name: dish, price }) => ({
      menuId,
      name: dish,
      price: price.toString(),
    })),
  };
  return JSON.stringify(body);
}

/** Reads a shop from its row. */
export function decodeShop(shopId: string, json: string): Shop {
  const { name, currency, menus } = JSON.parse(json) as ShopBody;
  return {
    shopId,
    name,
    currency,
    menus: new Map(
      menus.map((menu) => [menu.menuId, { menuId: menu.menuId, name: menu.name, price: BigInt(menu.price) }]),
    ),
  };
}
