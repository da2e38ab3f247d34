import { lowestNumberAt } from '@ordershard/shard-router';
import type { Caller } from '../commands/caller.ts';
import { awaitViews } from '../views/await-views.ts';
import { ViewBehindError } from '../views/errors.ts';
import type { OrderPage, OrderVersion, OrderViews, OwnerOfOrders } from '../views/order-views.ts';
import type { ApiResponse } from './locals.ts';
import { served, type ServedOperation } from './operation.ts';
import { ordersOfMember, ordersOfShop, searchOrders } from './operations/list-operations.ts';
import { orderJson } from './order-json.ts';
import { Problem } from './problem.ts';
import { sendJson } from './respond.ts';
import { id } from './schemas/requests.ts';
import { validate } from './validate.ts';

/** The routes of lists of orders: a member's, a shop's, and those that are searched for; the newest first. */
export function listRoutes({ views }: { readonly views: OrderViews }): readonly ServedOperation[] {
  return [
    served(searchOrders, async ({ caller, query, response }) => {
      const { from, to, status, limit, cursor } = query;
      const what = {
        owner: ownOf(caller),
        statuses: status,
        from: from === undefined ? undefined : lowestNumberAt(from.getTime()),
        to: to === undefined ? undefined : lowestNumberAt(to.getTime()),
      };
      sendPage(response, await views.search(what, { limit, cursor }));
    }),
    served(ordersOfMember, async ({ caller, params, query, response }) => {
      const memberId = ownedBy('member', params.memberId, caller);
      const { atLeast, waitMs, ...page } = query;
      await caughtUp(views, atLeast, waitMs, { memberId });
      sendPage(response, await views.ofMember(memberId, page));
    }),
    served(ordersOfShop, async ({ caller, params, query, response }) => {
      const shopId = ownedBy('shop', params.shopId, caller);
      const { atLeast, waitMs, ...page } = query;
      await caughtUp(views, atLeast, waitMs, { shopId });
      sendPage(response, await views.ofShop(shopId, page));
    }),
  ];
}

/** Whose orders a caller may search; undefined for those of all. */
function ownOf({ role, subject }: Caller): OwnerOfOrders | undefined {
  if (role === 'member') return { memberId: subject };
  return role === 'shop' ? { shopId: subject } : undefined;
}

/** The id of a path, if the caller is that member or shop, or acts for all of them. */
function ownedBy(role: 'member' | 'shop', value: string, caller: Caller): string {
  const owner = validate(id, value, `${role}Id`);
  const own = caller.role === role && caller.subject === owner;
  if (!own && caller.role !== 'operator' && caller.role !== 'service') {
    throw new Problem('forbidden', `These are the orders of another ${role}.`);
  }
  return owner;
}

/**
 * Waits until the views are as far as they must be. Orders of others count as not there: nobody learns of them how far
 * they are.
 */
async function caughtUp(
  views: OrderViews,
  atLeast: readonly OrderVersion[],
  waitMs: number,
  owner: OwnerOfOrders,
): Promise<void> {
  if (atLeast.length === 0) return;
  const left = await awaitViews(views, atLeast, waitMs, owner);
  if (left.length > 0) {
    throw new ViewBehindError(left.map(({ number, version }) => `${number}-${version}`).join(', '));
  }
}

function sendPage(response: ApiResponse, { orders, nextCursor }: OrderPage): void {
  sendJson(response, 200, { orders: orders.map(orderJson), nextCursor });
}
