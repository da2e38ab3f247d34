import { createHash } from 'node:crypto';
import { eventId, type OrderSnapshot, toOrderNumber } from '@ordershard/order-events';
import { ORDERS_TOPIC, outboxTableOf } from '@ordershard/outbox';
import type { ShardRouter } from '@ordershard/shard-router';
import { mulberry32 } from '../measure/statistics.ts';

/** One line of an order. Amounts are in minor units. */
export interface BenchLine {
  /** Counts from 1. */
  readonly line: number;
  readonly menuId: string;
  readonly name: string;
  readonly unitPrice: number;
  readonly quantity: number;
  readonly amount: number;
}

/**
 * An order with its idempotency key, ready to be stored: every contender gets the same columns, the JSON already
 * written. Key and number live on `shard`.
 */
export interface BenchOrder {
  readonly shard: number;
  readonly number: bigint;
  /** The bucket of the number. */
  readonly bucket: number;
  /** What the key is routed by: caller and key. */
  readonly keyText: string;
  /** The bucket of the key. */
  readonly keyBucket: number;
  readonly caller: string;
  readonly key: string;
  /** SHA-256 of what was asked for. */
  readonly requestHash: Buffer;
  readonly memberId: string;
  /** Begins with the contender's name and a slash, so that its rows can be counted. */
  readonly shopId: string;
  readonly currency: string;
  readonly total: number;
  /** JSON text of `orders.details`. */
  readonly details: string;
  readonly lines: readonly BenchLine[];
  /** Text of a DATETIME(3) in UTC: when it was created, last changed and when its event occurred. */
  readonly createdAt: string;
  readonly keyExpiresAt: string;
  readonly outboxTable: OutboxTable;
  readonly eventId: string;
  /** JSON text of the order's snapshot, about 1 KB: the event's payload and the key's stored answer. */
  readonly payload: string;
}

/** What is asked of the router: the numbers are drawn for the shard of the key. */
export type NumberRouter = Pick<ShardRouter, 'bucketOf' | 'shardOf' | 'drawNumber'>;

/** The outbox tables of the order topic. */
export const OUTBOX_TABLES = [
  'outbox_orders_0',
  'outbox_orders_1',
  'outbox_orders_2',
  'outbox_orders_3',
] as const;

export type OutboxTable = (typeof OUTBOX_TABLES)[number];

export const AGGREGATE_TYPE = ORDERS_TOPIC.name;
export const EVENT_TYPE = 'order.created';

const DAY_MS = 86_400_000;
const SHOPS = [
  'Golden Dragon Noodle House',
  'Trattoria “Da Enzo”',
  "Mama Rosa's Kitchen",
  '명동 떡볶이 본점',
  'The "Old Mill" Bakery & Café',
  'Sushi Bar 鮨処 まつもと',
] as const;
const DISHES = [
  'Beef noodle soup, large',
  'Margherita with buffalo mozzarella',
  "Chef's choice of the day",
  '치즈 떡볶이 2인분',
  'Crème brûlée',
  'Green salad; dressing on the side',
  'Tuna roll (8 pieces) 🍣',
  'Sparkling water 0.5 l',
] as const;
const STREETS = [
  'Königstraße',
  'Market Street',
  'Rue de l’Église',
  '테헤란로',
  "O'Connell Street",
  'Main Street',
];
const NOTES = [
  'Please ring twice, the bell is "broken".',
  "Leave it at the neighbour's door, 2nd floor \\ left",
  '문 앞에 놓아 주세요. 벨은 누르지 마세요!',
  'No cutlery, please. Line one\nline two.',
] as const;

/**
 * Makes orders for one contender, the same for each seed but for their numbers and times. About a third of their texts
 * have characters outside ASCII, and some have quotes, backslashes and line ends.
 */
export class OrderMaker {
  readonly #router: NumberRouter;
  readonly #contender: string;
  readonly #random: () => number;
  #made = 0;

  constructor(router: NumberRouter, contender: string, seed: number) {
    this.#router = router;
    this.#contender = contender;
    this.#random = mulberry32(seed);
  }

  /** Makes one order; its number is drawn now. */
  make(): BenchOrder {
    const router = this.#router;
    this.#made += 1;
    const caller = `member m-${this.#below(100_000)}`;
    const key = `${this.#contender}-${this.#made}-${this.#below(2 ** 32).toString(16)}`;
    const keyText = `${caller} ${key}`;
    const shard = router.shardOf(keyText);
    const number = router.drawNumber(shard);
    const at = new Date();
    const snapshot = this.#snapshot(number, caller.slice(7), at.toISOString());
    const { items, shopName, deliveryAddress, note, timeline } = snapshot;
    const payload = JSON.stringify(snapshot);
    return {
      shard,
      number,
      bucket: router.bucketOf(number),
      keyText,
      keyBucket: router.bucketOf(keyText),
      caller,
      key,
      requestHash: createHash('sha256').update(payload).digest(),
      memberId: snapshot.memberId,
      shopId: snapshot.shopId,
      currency: snapshot.currency,
      total: Number(snapshot.total),
      details: JSON.stringify({ shopName, deliveryAddress, note, timeline }),
      lines: items.map((item) => ({
        ...item,
        unitPrice: Number(item.unitPrice),
        amount: Number(item.amount),
      })),
      createdAt: datetimeOf(at),
      keyExpiresAt: datetimeOf(new Date(at.getTime() + DAY_MS)),
      outboxTable: outboxTableOf(ORDERS_TOPIC, snapshot.number) as OutboxTable,
      eventId: eventId(snapshot.number, 1),
      payload,
    };
  }

  #snapshot(number: bigint, memberId: string, at: string): OrderSnapshot {
    const items = [1, 2, 3].map((line) => {
      const unitPrice = 300 + this.#below(3_000);
      const quantity = 1 + this.#below(4);
      return {
        line,
        menuId: `menu-${this.#below(10_000)}`,
        name: this.#oneOf(DISHES),
        unitPrice: unitPrice.toString(),
        quantity,
        amount: (unitPrice * quantity).toString(),
      };
    });
    return {
      number: toOrderNumber(number),
      version: 1,
      status: 'created',
      memberId,
      shopId: `${this.#contender}/s-${this.#below(2_000)}`,
      shopName: this.#oneOf(SHOPS),
      currency: 'EUR',
      total: items.reduce((sum, { amount }) => sum + Number(amount), 0).toString(),
      items,
      deliveryAddress: {
        line1: `${this.#oneOf(STREETS)} ${1 + this.#below(200)}`,
        line2: `Floor ${this.#below(12)}, apartment ${this.#below(40)}, entrance at the back of the building`,
        city: 'Springfield',
        postalCode: (10_000 + this.#below(80_000)).toString(),
      },
      note: this.#oneOf(NOTES),
      timeline: [{ status: 'created', at }],
      placedAt: at,
      updatedAt: at,
    };
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #oneOf<T>(values: readonly T[]): T {
    return values[this.#below(values.length)]!;
  }
}

/** A time as text of a DATETIME(3) in UTC. */
function datetimeOf(time: Date): string {
  return time.toISOString().slice(0, 23).replace('T', ' ');
}
