import type { DeliveryAddress, EncodedEvent } from '@ordershard/order-events';
import { decodeDetails } from '@ordershard/order-rows';
import { eventInsert, ORDERS_TOPIC } from '@ordershard/outbox';
import {
  DefinerMissingError,
  DuplicateRowError,
  KeyElsewhereError,
  MissingPartitionError,
  ShardUnavailableError,
} from '@ordershard/shard-router';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { PlaceOrder } from '../orders/command.ts';
import { decide } from '../orders/decide.ts';
import { NumberTakenError, OrderError, UnknownMenuError, UnknownShopError } from '../orders/errors.ts';
import { evolve } from '../orders/evolve.ts';
import { placedAt, type Order } from '../orders/order.ts';
import { assertAllowed } from '../orders/rules.ts';
import { toEvent, toSnapshot } from '../orders/snapshot.ts';
import {
  answerOf,
  findAnswer,
  forgetExpired,
  KEY_LIFETIME_MS,
  type KeyedRequest,
  storedAnswer,
  takenKey,
} from '../repository/idempotency-keys.ts';
import { newOrder } from '../repository/orders.ts';
import { selectOrder, type OrderLineRow } from '../repository/sql/select-order.ts';
import { InflowThrottledError } from '../throttle/errors.ts';
import type { Caller } from './caller.ts';
import { keyedRequest } from './idempotency.ts';
import type { CommandContext, CommandParts, CommandRouter, Outcome } from './parts.ts';

/** An order as the caller asks for it; the shop's menu sets its price. */
export interface OrderRequest {
  readonly memberId: string;
  readonly shopId: string;
  readonly items: readonly { readonly menuId: string; readonly quantity: number }[];
  readonly deliveryAddress?: DeliveryAddress | undefined;
  readonly note?: string | undefined;
  /** Minor units. */
  readonly expectedTotal?: bigint | undefined;
}

/** The index that refuses a second order with the same number. */
const ORDER_ROWS = 'orders.PRIMARY';

/** How many shards placing tries for an order that may live on any of them. */
const SHARDS_TRIED = 3;
/** How many numbers placing tries for a key whose bucket is moving to another shard right now: about two seconds in all. */
const NUMBERS_TRIED = 10;

/**
 * Places an order. One transaction stores the number, the order, its lines, its event, and the idempotency key if there is
 * one. With a key the order lives on the shard of the key, and a repeated call returns the order of the first call. Without a
 * key it lives on any live shard.
 *
 * @throws OrderError when the order is refused
 * @throws InflowThrottledError, or the context's refusal, when the order is not let in and was not placed before with its key
 * @throws KeyReusedError when the key was used for another order
 * @throws the router's errors; UnknownOutcomeError when the order may or may not have been placed
 */
export async function placeOrder(
  parts: CommandParts,
  request: OrderRequest,
  context: CommandContext,
): Promise<Outcome> {
  const { caller, idempotencyKey } = context;
  assertAllowed('place', caller.role);
  const keyed =
    idempotencyKey === undefined ? undefined : keyedRequest(caller, idempotencyKey, fingerprint(request));
  const refusal = context.refusal ?? throttled(parts, request);
  if (refusal !== undefined) return firstAnswer(parts, keyed, refusal);
  try {
    const command = await price(parts.catalogue, request, caller);
    return await store(parts, command, context, keyed);
  } catch (error) {
    // The shop may have changed since the first call; the answer to that call stays valid.
    if (error instanceof OrderError) return firstAnswer(parts, keyed, error);
    throw error;
  }
}

/** Returns the error that says why an order is not let in now; undefined when it is let in. */
export function throttled({ inflow }: CommandParts, request: OrderRequest): InflowThrottledError | undefined {
  try {
    inflow?.admit(request);
    return undefined;
  } catch (error) {
    if (error instanceof InflowThrottledError) return error;
    throw error;
  }
}

/** Returns the answer that was stored with the key. Throws `refusal` when there is none. */
async function firstAnswer(
  { router, now }: CommandParts,
  keyed: KeyedRequest | undefined,
  refusal: Error,
): Promise<Outcome> {
  const snapshot = keyed === undefined ? undefined : await findAnswer(router, keyed, now());
  if (snapshot === undefined) throw refusal;
  return { snapshot, replayed: true };
}

/** Returns the request as text, which does not depend on the order of the request's fields. */
function fingerprint({
  memberId,
  shopId,
  items,
  deliveryAddress,
  note,
  expectedTotal,
}: OrderRequest): string {
  const { line1, line2, city, postalCode } = deliveryAddress ?? {};
  return JSON.stringify([
    memberId,
    shopId,
    items.map(({ menuId, quantity }) => [menuId, quantity]),
    deliveryAddress === undefined ? null : [line1, line2 ?? null, city ?? null, postalCode ?? null],
    note ?? null,
    expectedTotal?.toString() ?? null,
  ]);
}

/** An order whose lines have prices, before it has a number. */
export type UnnumberedOrder = Omit<PlaceOrder, 'number'>;

/** Prices an order by the shop's menu. Throws OrderError for an unknown shop or menu. */
export async function price(
  catalogue: Catalogue,
  request: OrderRequest,
  caller: Caller,
): Promise<UnnumberedOrder> {
  const { items, shopId, ...rest } = request;
  const shop = await catalogue.findShop(shopId);
  if (shop === undefined) throw new UnknownShopError();
  const lines = items.map(({ menuId, quantity }, index) => {
    const menu = shop.menus.get(menuId);
    if (menu === undefined) throw new UnknownMenuError(index);
    return { menuId, name: menu.name, unitPrice: menu.price, quantity };
  });
  return { ...rest, type: 'place', by: caller.role, shop, lines };
}

async function store(
  parts: CommandParts,
  command: UnnumberedOrder,
  { share, traceparent }: CommandContext,
  keyed: KeyedRequest | undefined,
): Promise<Outcome> {
  const { router, source } = parts;
  let shard: number | undefined;
  for (let tries = 1; ; tries += 1) {
    const number = keyed === undefined ? router.drawNumber(shard) : router.drawNumberFor(keyed.keyText);
    const now = parts.now();
    const order = decide({ ...command, number }, undefined, now).reduce<Order | undefined>(
      evolve,
      undefined,
    )!;
    const snapshot = toSnapshot(order);
    const event = toEvent(snapshot, { source, traceparent });
    try {
      if (keyed !== undefined) return await storeKeyed(router, order, event, keyed, share);
      const outcome = await router.write(
        { number, fresh: true },
        ({ bucket }) => ({
          statements: [...newOrder(order, bucket), eventInsert(ORDERS_TOPIC, event, bucket)],
          already: selectOrder(number),
        }),
        { caller: share },
      );
      // The row under this number is this order, unless a client placed another order under a number that it made up.
      if (outcome.applied || isRowOf(order, outcome.row)) return { snapshot, replayed: false };
      if (tries >= SHARDS_TRIED) throw new NumberTakenError(number);
    } catch (error) {
      if (error instanceof DuplicateRowError && error.index === ORDER_ROWS && tries < SHARDS_TRIED) continue;
      if (error instanceof KeyElsewhereError && tries < NUMBERS_TRIED) {
        await untilKeysAreThere(router, tries);
        continue;
      }
      if (keyed !== undefined || !isOfShard(error) || tries === SHARDS_TRIED) throw error;
      const failed = error.shard;
      const others = router.liveShards().filter((id) => id !== failed);
      if (others.length === 0) throw error;
      shard = others[Math.floor(Math.random() * others.length)];
    }
  }
}

/** Whether an error concerns one shard only, because it is down or lacks something: other shards may take the order. */
function isOfShard(error: unknown): error is Error & { readonly shard: number } {
  return (
    error instanceof ShardUnavailableError ||
    error instanceof MissingPartitionError ||
    error instanceof DefinerMissingError
  );
}

/**
 * Whether a row belongs to the order that was just made: nobody else places an order for the same member at the same time.
 */
function isRowOf(order: Order, row: OrderLineRow): boolean {
  const { timeline } = decodeDetails(row.details);
  return (
    row.member_id === order.memberId &&
    row.shop_id === order.shopId &&
    row.total === order.total.toString() &&
    timeline[0]?.at === placedAt(order)
  );
}

/**
 * Refreshes the map, and from the second try on waits a little, so that the next number lives with the key: this map may be
 * old, or this clock a little behind the clocks of the shards.
 */
async function untilKeysAreThere(router: CommandRouter, tries: number): Promise<void> {
  await router.refreshMap();
  if (tries > 1) await new Promise((resolve) => setTimeout(resolve, Math.min(400, 10 * 2 ** tries)));
}

/** Stores an order with its key, or returns the answer that was stored with the key before. */
async function storeKeyed(
  router: CommandRouter,
  order: Order,
  event: EncodedEvent,
  keyed: KeyedRequest,
  share: unknown,
): Promise<Outcome> {
  const { number } = order;
  const keyGeneration = router.keyGenerationOf(number);
  const earlier = await router.readEarlier(
    keyed.keyText,
    { number, lifetimeMs: KEY_LIFETIME_MS },
    answerOf(keyed),
  );
  if (earlier !== undefined) return { snapshot: storedAnswer(keyed, earlier), replayed: true };
  for (let tries = 1; ; tries += 1) {
    try {
      const outcome = await router.write(
        { number, fresh: true, key: keyed.keyText, keyGeneration },
        (scope) => ({
          statements: [
            takenKey(scope, keyed, number, event.json),
            ...newOrder(order, scope.bucket),
            eventInsert(ORDERS_TOPIC, event, scope.bucket),
          ],
          already: answerOf(keyed),
        }),
        { caller: share },
      );
      if (outcome.applied) return { snapshot: toSnapshot(order), replayed: false };
      const { row } = outcome;
      // This very call may have taken the key, if the shard's first answer got lost.
      return { snapshot: storedAnswer(keyed, row), replayed: row.number !== number.toString() };
    } catch (error) {
      if (!(error instanceof DuplicateRowError) || tries === 2) throw error;
      // The row of the key is still there, but has expired: it answers no call any more.
      await forgetExpired(router, keyed);
    }
  }
}
