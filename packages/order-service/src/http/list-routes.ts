import { Router } from 'express';
import { awaitViews } from '../views/await-views.ts';
import { ViewBehindError } from '../views/errors.ts';
import type { OrderPage, OrderViews, OwnerOfOrders, PageRequest } from '../views/order-views.ts';
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
      const page = await pageOf(views, { memberId }, request.query);
      sendPage(response, await views.ofMember(memberId, page));
    },
  });
  endpoint<{ shopId: string }>(router, '/shops/:shopId/orders', {
    GET: async (request, response) => {
      const shopId = ownedBy('shop', request.params.shopId, response);
      const page = await pageOf(views, { shopId }, request.query);
      sendPage(response, await views.ofShop(shopId, page));
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

/**
 * Which page is asked for, once the views are as far as they must be. Orders of others count as not there: nobody learns
 * of them how far they are.
 */
async function pageOf(views: OrderViews, owner: OwnerOfOrders, query: unknown): Promise<PageRequest> {
  const { atLeast, waitMs, ...page } = validate(pageQuery, query, 'query');
  if (atLeast.length > 0) {
    const left = await awaitViews(views, atLeast, waitMs, owner);
    if (left.length > 0) {
      throw new ViewBehindError(left.map(({ number, version }) => `${number}-${version}`).join(', '));
    }
  }
  return page;
}

function sendPage(response: ApiResponse, { orders, nextCursor }: OrderPage): void {
  sendJson(response, 200, { orders: orders.map(orderJson), nextCursor });
}
