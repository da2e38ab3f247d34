import type { OrderSnapshot } from '@ordershard/order-events';
import type { Reader } from '../views/reader.ts';
import type { ApiResponse } from './locals.ts';
import { orderJson } from './order-json.ts';

/** Answers with JSON. */
export function sendJson(
  response: ApiResponse,
  status: number,
  body: object,
  headers?: Readonly<Record<string, string>>,
): void {
  const text = JSON.stringify(body);
  // Not response.json(), which looks at settings and the charset for every answer.
  response.writeHead(status, {
    ...headers,
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(text);
}

/** The entity tag of an order: its version, which says all of its content. */
export function etagOf({ version }: Pick<OrderSnapshot, 'version'>): string {
  return `"${version}"`;
}

/** The header with the token that a reader sends with its next request. */
export function tokenOf(reader: Reader): { readonly 'Reader-Token': string } {
  return { 'Reader-Token': reader.token };
}

/** Answers with an order and its version, or with 304 to those who have it already. */
export function sendOrder(
  response: ApiResponse,
  order: OrderSnapshot,
  reader: Reader,
  ifNoneMatch: string | undefined,
): void {
  const etag = etagOf(order);
  if (ifNoneMatch !== undefined && names(ifNoneMatch, etag)) {
    response.writeHead(304, { ETag: etag, ...tokenOf(reader) });
    response.end();
    return;
  }
  sendJson(response, 200, orderJson(order), { ETag: etag, ...tokenOf(reader) });
}

/** Whether an If-None-Match names an entity tag, weak or strong. */
function names(ifNoneMatch: string, etag: string): boolean {
  return ifNoneMatch.split(',').some((part) => {
    const tag = part.trim();
    return tag === '*' || tag === etag || tag === `W/${etag}`;
  });
}
