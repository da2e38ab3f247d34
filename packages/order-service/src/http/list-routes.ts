import { Router } from 'express';
import type { OrderPage, OrderViews, PageRequest } from '../views/order-views.ts';
import { endpoint } from './endpoint.ts';
import { callerOf, type ApiResponse } from './locals.ts';
import { orderJson } from './order-json.ts';
import { Problem } from './problem.ts';
import { sendJson } from './respond.ts';
import { id, pageQuery } from './schemas.ts';
import { validate } from './validate.ts';

/** The routes of lists of orders: a member's and a shop's, the newest first. */
export function listRoutes({ views }: { readonly views: OrderViews }): Router {
  const router = Router();
  endpoint<{ memberId: string }>(router, '/members/:memberId/orders', {
    GET: async (request, response) => {
      const memberId = ownedBy('member', request.params.memberId, response);
      sendPage(response, await views.ofMember(memberId, pageOf(request.query)));
    },
  });
  endpoint<{ shopId: string }>(router, '/shops/:shopId/orders', {
    GET: async (request, response) => {
      const shopId = ownedBy('shop', request.params.shopId, response);
      sendPage(response, await views.ofShop(shopId, pageOf(request.query)));
    },
  });
  return router;
}

/** The id of a path, if the caller is that member or shop, or acts for all of them. */
function ownedBy(role: 'member' | 'shop', value: string, response: ApiResponse): string {
  const owner = validate(id, value, `${role}Id`);
  const caller = callerOf(response);
  const own = caller.role === role && caller.subject === owner;
  if (!own && caller.role !== 'operator' && caller.role !== 'service') {
    throw new Problem('forbidden', `These are the orders of another ${role}.`);
  }
  return owner;
}

function pageOf(query: unknown): PageRequest {
  return validate(pageQuery, query, 'query');
}

function sendPage(response: ApiResponse, { orders, nextCursor }: OrderPage): void {
  sendJson(response, 200, { orders: orders.map(orderJson), nextCursor });
}
