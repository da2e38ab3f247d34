import { AGGREGATE_TYPE, type BenchOrder, EVENT_TYPE } from './orders.ts';

// The rows of an order as objects with the columns' names, for the contenders that take them so.

export interface KeyRow {
  caller: string;
  idempotency_key: string;
  bucket: number;
  key_generation: number;
  request_hash: Buffer;
  number: bigint;
  answer: string;
  expires_at: string;
}

export interface OrderRow {
  number: bigint;
  bucket: number;
  version: number;
  status: string;
  member_id: string;
  shop_id: string;
  currency: string;
  total: number;
  details: string;
  created_at: string;
  updated_at: string;
}

export interface ItemRow {
  number: bigint;
  line: number;
  bucket: number;
  menu_id: string;
  name: string;
  unit_price: number;
  quantity: number;
  amount: number;
}

export interface OutboxRow {
  day: string;
  event_id: string;
  aggregatetype: string;
  aggregateid: string;
  type: string;
  sequence: number;
  bucket: number;
  payload: string;
  traceparent: string | null;
  occurred_at: string;
}

export function keyRow(order: BenchOrder, keyGeneration: number): KeyRow {
  return {
    caller: order.caller,
    idempotency_key: order.key,
    bucket: order.keyBucket,
    key_generation: keyGeneration,
    request_hash: order.requestHash,
    number: order.number,
    answer: order.payload,
    expires_at: order.keyExpiresAt,
  };
}

export function orderRow(order: BenchOrder): OrderRow {
  return {
    number: order.number,
    bucket: order.bucket,
    version: 1,
    status: 'created',
    member_id: order.memberId,
    shop_id: order.shopId,
    currency: order.currency,
    total: order.total,
    details: order.details,
    created_at: order.createdAt,
    updated_at: order.createdAt,
  };
}

export function itemRows({ number, bucket, lines }: BenchOrder): ItemRow[] {
  return lines.map(({ line, menuId, name, unitPrice, quantity, amount }) => ({
    number,
    line,
    bucket,
    menu_id: menuId,
    name,
    unit_price: unitPrice,
    quantity,
    amount,
  }));
}

export function outboxRow(order: BenchOrder): OutboxRow {
  return {
    day: order.createdAt.slice(0, 10),
    event_id: order.eventId,
    aggregatetype: AGGREGATE_TYPE,
    aggregateid: order.number.toString(),
    type: EVENT_TYPE,
    sequence: 1,
    bucket: order.bucket,
    payload: order.payload,
    traceparent: null,
    occurred_at: order.createdAt,
  };
}
