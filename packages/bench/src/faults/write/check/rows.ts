import type { Connection as CallbackConnection } from 'mysql2';
import type { Connection } from 'mysql2/promise';

// What the check reads. Each is a full scan without locks, row by row: the tables do not fit into memory twice.

export interface OrderRow {
  readonly number: string;
  readonly bucket: number;
  readonly version: number;
  readonly status: string;
  readonly member_id: string;
  readonly shop_id: string;
  readonly currency: string;
  readonly total: string;
  readonly shop_name: string | null;
  readonly note: string | null;
  readonly line1: string | null;
  /** How many entries it has. */
  readonly timeline: string;
}

export interface ItemRow {
  readonly number: string;
  readonly line: number;
  readonly bucket: number;
  readonly menu_id: string;
  readonly name: string;
  readonly unit_price: string;
  readonly quantity: number;
  readonly amount: string;
}

export interface KeyRow {
  readonly caller: string;
  readonly idempotency_key: string;
  readonly bucket: number;
  readonly number: string;
  readonly answer: string;
}

export interface OutboxRow {
  readonly event_id: string;
  readonly aggregateid: string;
  readonly type: string;
  readonly sequence: number;
  readonly bucket: number;
  readonly payload: string;
}

export interface UnitRow {
  readonly number: string;
  readonly bucket: number;
  /** Hexadecimal, in capitals. */
  readonly unit_id: string;
  readonly outcome: string;
  readonly result: string | null;
}

const QUERIES = {
  orders: `SELECT number, bucket, version, status, member_id, shop_id, currency, total,
    JSON_UNQUOTE(JSON_EXTRACT(details, '$.shopName')) AS shop_name,
    JSON_UNQUOTE(JSON_EXTRACT(details, '$.note')) AS note,
    JSON_UNQUOTE(JSON_EXTRACT(details, '$.deliveryAddress.line1')) AS line1, JSON_LENGTH(details, '$.timeline') AS timeline FROM orders`,
  items: 'SELECT number, line, bucket, menu_id, name, unit_price, quantity, amount FROM order_items',
  keys: 'SELECT caller, idempotency_key, bucket, number, answer FROM idempotency_keys',
  units: 'SELECT number, bucket, HEX(unit_id) AS unit_id, outcome, result FROM applied_units',
} as const;

async function* rowsOf<Row>(connection: Connection, sql: string): AsyncGenerator<Row> {
  // Only the driver's callback connection, inside the promise connection, yields rows one by one.
  const { connection: callbacks } = connection as unknown as { readonly connection: CallbackConnection };
  for await (const row of callbacks.query(sql).stream({ highWaterMark: 500 })) yield row as Row;
}

export const orderRows = (connection: Connection) => rowsOf<OrderRow>(connection, QUERIES.orders);
export const itemRows = (connection: Connection) => rowsOf<ItemRow>(connection, QUERIES.items);
export const keyRows = (connection: Connection) => rowsOf<KeyRow>(connection, QUERIES.keys);
export const unitRows = (connection: Connection) => rowsOf<UnitRow>(connection, QUERIES.units);

/** The rows of one of the outbox's tables. */
export function outboxRows(connection: Connection, table: string): AsyncGenerator<OutboxRow> {
  return rowsOf<OutboxRow>(
    connection,
    `SELECT event_id, aggregateid, type, sequence, bucket, payload FROM ${table}`,
  );
}
