import { Router } from 'express';
import type { Catalogue, Shop } from '../catalogue/catalogue.ts';
import { requireRole } from './authenticate.ts';
import { readJson, requiredBody } from './body.ts';
import { endpoint } from './endpoint.ts';
import { callerOf } from './locals.ts';
import { shopJson } from './order-json.ts';
import { Problem } from './problem.ts';
import { sendJson } from './respond.ts';
import { id, shopBody } from './schemas.ts';
import { validate } from './validate.ts';

/** The routes of the catalogue. */
export function shopRoutes({ catalogue }: { readonly catalogue: Catalogue }): Router {
  const router = Router();
  endpoint<{ shopId: string }>(router, '/shops/:shopId', {
    GET: async (request, response) => {
      const shopId = validate(id, request.params.shopId, 'shopId');
      const shop = await catalogue.findShop(shopId);
      if (shop === undefined) throw new Problem('shop-not-found', `there is no shop ${shopId}`);
      sendJson(response, 200, shopJson(shop));
    },
    PUT: [
      readJson,
      async (request, response) => {
        requireRole(callerOf(response), 'operator', 'service');
        const shopId = validate(id, request.params.shopId, 'shopId');
        const { name, currency, menus } = validate(shopBody, requiredBody(request.body), 'body');
        const shop: Shop = {
          shopId,
          name,
          currency,
          menus: new Map(menus.map((menu) => [menu.menuId, menu])),
        };
        const done = await catalogue.putShop(shop);
        sendJson(response, done === 'created' ? 201 : 200, shopJson(shop));
      },
    ],
  });
  return router;
}
