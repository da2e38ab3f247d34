import { lowestNumberAt } from '@ordershard/shard-router';
import type { Caller } from '../commands/caller.ts';
import { listOrders, type ListFreshness, type ListParts } from '../views/list-orders.ts';
import type { OrderPage, OwnerOfOrders } from '../views/order-views.ts';
import type { Reader } from '../views/reader.ts';
import type { ApiResponse } from './locals.ts';
import { served, type ServedOperation } from './operation.ts';
import { ordersOfMember, ordersOfShop, searchOrders } from './operations/list-operations.ts';
import { orderJson } from './order-json.ts';
import { Problem } from './problem.ts';
import { sendJson, tokenOf } from './respond.ts';
import { id } from './schemas/requests.ts';
import { validate } from './validate.ts';

/** The routes of lists of orders: a member's, a shop's, and those that are searched for; the newest first. */
export function listRoutes(parts: ListParts): readonly ServedOperation[] {
  return [
    served(searchOrders, async ({ caller, query, reader, response }) => {
      const { from, to, status, limit, cursor } = query;
      const what = {
        owner: ownOf(caller),
        statuses: status,
        from: from === undefined ? undefined : lowestNumberAt(from.getTime()),
        to: to === undefined ? undefined : lowestNumberAt(to.getTime()),
      };
      const fresh = { atLeast: [], waitMs: Infinity, charge: chargeOf(response) };
      sendPage(response, reader, await listOrders(parts, reader, what, { limit, cursor }, fresh));
    }),
    served(ordersOfMember, async ({ caller, params, query, reader, response }) => {
      const owner = { memberId: ownedBy('member', params.memberId, caller) };
      const { atLeast, waitMs, ...page } = query;
      const fresh = { atLeast, waitMs, charge: chargeOf(response) };
      sendPage(response, reader, await listOrders(parts, reader, { owner }, page, fresh));
    }),
    served(ordersOfShop, async ({ caller, params, query, reader, response }) => {
      const owner = { shopId: ownedBy('shop', params.shopId, caller) };
      const { atLeast, waitMs, ...page } = query;
      const fresh = { atLeast, waitMs, charge: chargeOf(response) };
      sendPage(response, reader, await listOrders(parts, reader, { owner }, page, fresh));
    }),
  ];
}

/** A list costs a point more for each order that is read from its shard. */
const chargeOf =
  ({ locals }: ApiResponse): ListFreshness['charge'] =>
  (orders) =>
    locals.charge?.(orders);

/** Whose orders a caller may search; undefined if it may search all orders. */
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

function sendPage(response: ApiResponse, reader: Reader, { orders, nextCursor }: OrderPage): void {
  sendJson(response, 200, { orders: orders.map(orderJson), nextCursor }, tokenOf(reader));
}
