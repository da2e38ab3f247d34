import type { Catalogue, Menu, Shop } from '../catalogue/catalogue.ts';
import { served, type ServedOperation } from './operation.ts';
import { getShop, putShop } from './operations/shop-operations.ts';
import { shopJson } from './order-json.ts';
import { Problem, type FieldError } from './problem.ts';
import { sendJson } from './respond.ts';
import { id } from './schemas/requests.ts';
import { validate } from './validate.ts';

/** The routes of the catalogue. */
export function shopRoutes({ catalogue }: { readonly catalogue: Catalogue }): readonly ServedOperation[] {
  return [
    served(getShop, async ({ params, response }) => {
      const shopId = validate(id, params.shopId, 'shopId');
      const shop = await catalogue.findShop(shopId);
      if (shop === undefined) throw new Problem('shop-not-found', `there is no shop ${shopId}`);
      sendJson(response, 200, shopJson(shop));
    }),
    served(putShop, async ({ params, body, response }) => {
      const shopId = validate(id, params.shopId, 'shopId');
      const { name, currency, menus } = body;
      refuseRepeated(menus);
      const shop: Shop = { shopId, name, currency, menus: new Map(menus.map((menu) => [menu.menuId, menu])) };
      const done = await catalogue.putShop(shop);
      sendJson(response, done === 'created' ? 201 : 200, shopJson(shop));
    }),
  ];
}

/** No menu may be there twice: JSON Schema cannot say so, hence 422 in place of 400. */
function refuseRepeated(menus: readonly Menu[]): void {
  const seen = new Set<string>();
  const errors: FieldError[] = [];
  for (const [index, { menuId }] of menus.entries()) {
    if (seen.has(menuId)) errors.push({ field: `menus[${index}].menuId`, message: 'is there already' });
    seen.add(menuId);
  }
  if (errors.length === 0) return;
  throw new Problem('refused-shop', errors.map(({ field, message }) => `${field} ${message}`).join('; '), {
    errors,
  });
}
