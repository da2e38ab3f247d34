import type { Action, Life } from '../plan/life.ts';
import type { Basket, Shop } from '../plan/order.ts';
import type { ApiRequest } from './api-client.ts';

/** A request whose caller's token is still to be added. */
export type Unsigned = Omit<ApiRequest, 'token'>;

/** The key that places an order. No two orders of a run share one. */
export function placingKey({ index }: Life): string {
  return `demo-order-${index}`;
}

/** `expectedTotal` is written as an exact integer, however large. */
export function placeRequest(key: string, basket: Basket, expectedTotal: bigint): Unsigned {
  const { shopId, items, note, deliveryAddress } = basket;
  const rest = JSON.stringify({ shopId, items, note, deliveryAddress });
  return {
    method: 'POST',
    path: '/v1/orders',
    idempotencyKey: key,
    body: `${rest.slice(0, -1)},"expectedTotal":${expectedTotal}}`,
  };
}

/** Another order under the same key: one more of the first item. */
export function otherBody(key: string, basket: Basket): Unsigned {
  const [first, ...others] = basket.items;
  const items = [{ menuId: first!.menuId, quantity: first!.quantity + 1 }, ...others];
  return placeRequest(key, { ...basket, items }, basket.total);
}

export function commandRequest(
  { index }: Life,
  number: string,
  action: Extract<Action, { kind: 'command' | 'too-late' }>,
): Unsigned {
  const { command, reason } = action;
  return {
    method: 'POST',
    path: `/v1/orders/${number}/${command}`,
    idempotencyKey: `demo-${index}-${action.kind}-${command}`,
    body: command === 'cancel' || command === 'refund' ? JSON.stringify({ reason }) : '{}',
  };
}

export function readRequest(
  what: 'order' | 'member' | 'shop',
  number: string,
  { memberId, shopId }: Basket,
): Unsigned {
  const paths = {
    order: `/v1/orders/${number}`,
    member: `/v1/members/${encodeURIComponent(memberId)}/orders?limit=10`,
    shop: `/v1/shops/${encodeURIComponent(shopId)}/orders?limit=10`,
  };
  return { method: 'GET', path: paths[what] };
}

/** Prices are written as exact integers. */
export function shopRequest({ shopId, name, currency, menus }: Shop): Unsigned {
  const lines = menus.map(
    (menu) =>
      `{"menuId":${JSON.stringify(menu.menuId)},"name":${JSON.stringify(menu.name)},"price":${menu.price}}`,
  );
  return {
    method: 'PUT',
    path: `/v1/shops/${encodeURIComponent(shopId)}`,
    body: `{"name":${JSON.stringify(name)},"currency":${JSON.stringify(currency)},"menus":[${lines.join(',')}]}`,
  };
}
