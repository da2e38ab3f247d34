import type { Operation } from '../operation.ts';
import { shop } from '../schemas/answers.ts';
import { shopBody } from '../schemas/requests.ts';

export const getShop = {
  id: 'getShop',
  tag: 'shops',
  method: 'GET',
  path: '/v1/shops/{shopId}',
  summary: 'Read a shop with its menus',
  roles: ['member', 'shop', 'operator', 'service'],
  answers: { 200: { description: 'The shop.', schema: shop } },
  problems: ['shop-not-found'],
  compressed: true,
} as const satisfies Operation;

export const putShop = {
  id: 'putShop',
  tag: 'shops',
  method: 'PUT',
  path: '/v1/shops/{shopId}',
  summary: 'Put a shop with its menus in the place of the one that is there',
  roles: ['operator', 'service'],
  body: shopBody,
  cost: { of: 'menus', per: 20 },
  answers: {
    200: { description: 'The shop, which was there.', schema: shop },
    201: { description: 'The shop, which is new.', schema: shop },
  },
  problems: ['refused-shop'],
} as const satisfies Operation;

export const shopOperations: readonly Operation[] = [getShop, putShop];
