import { crc32 } from 'node:zlib';
import { InvalidReaderTokenError } from './errors.ts';

/** An order that a reader has seen at a version. */
export interface SeenOrder {
  readonly number: bigint;
  readonly version: number;
  /**
   * The owners of the order, as fingerprints. Set when the reader saw the version on the shard, so that the views may be
   * behind.
   */
  readonly owners?: Owners | undefined;
}

/** Fingerprints of the member and the shop of an order: 12 hexadecimal digits each. */
export interface Owners {
  readonly member: string;
  readonly shop: string;
}

/** What a reader has seen. */
export interface Seen {
  /** The time of MongoDB's replica set at which views were seen, as 64 bits; 0 for none. */
  readonly time: bigint;
  /** The last one seen at the end. */
  readonly orders: readonly SeenOrder[];
}

/** How many orders a token names at the most. */
export const MOST_ORDERS = 16;

/**
 * The format of tokens. A later release must read this format too, and may write another only once every instance reads it.
 */
const FORMAT = 1;
const HEAD_BYTES = 9;
const ORDER_BYTES = 12;
const FINGERPRINT_BYTES = 6;
const CHECK_BYTES = 4;
/** Set in the version of an order that has owners. */
const OWNED = 0x8000_0000;
const MOST_VERSION = 999_999_999;

/** What every token looks like. */
export const TOKEN_PATTERN = '[A-Za-z0-9_-]{18,594}';

/**
 * Returns the token that says what a reader has seen, in base64url. The checksum at its end detects text that was cut or
 * changed; it does not prove who wrote it.
 */
export function encodeReaderToken({ time, orders }: Seen): string {
  const owned = orders.filter(({ owners }) => owners !== undefined).length;
  const bytes = Buffer.alloc(
    HEAD_BYTES + orders.length * ORDER_BYTES + owned * 2 * FINGERPRINT_BYTES + CHECK_BYTES,
  );
  let at = bytes.writeBigUInt64BE(time, bytes.writeUInt8(FORMAT));
  for (const { number, version, owners } of orders) {
    at = bytes.writeBigUInt64BE(number, at);
    at = bytes.writeUInt32BE(owners === undefined ? version : version + OWNED, at);
    if (owners !== undefined) at += bytes.write(owners.member + owners.shop, at, 'hex');
  }
  bytes.writeUInt32BE(crc32(bytes.subarray(0, at)), at);
  return bytes.toString('base64url');
}

/** Reads a token. Throws {@link InvalidReaderTokenError} for text that is not a token. */
export function decodeReaderToken(token: string): Seen {
  const bytes = Buffer.from(token, 'base64url');
  const end = bytes.length - CHECK_BYTES;
  // Node decodes leniently: text that does not encode back to itself was not written by us.
  if (end < HEAD_BYTES || bytes.toString('base64url') !== token) throw new InvalidReaderTokenError();
  if (bytes.readUInt32BE(end) !== crc32(bytes.subarray(0, end))) throw new InvalidReaderTokenError();
  if (bytes.readUInt8() !== FORMAT) throw new InvalidReaderTokenError();
  const orders: SeenOrder[] = [];
  for (let at = HEAD_BYTES; at < end;) {
    const isOwned = end - at >= ORDER_BYTES && bytes.readUInt32BE(at + 8) >= OWNED;
    const next = at + ORDER_BYTES + (isOwned ? 2 * FINGERPRINT_BYTES : 0);
    if (next > end || orders.length === MOST_ORDERS) throw new InvalidReaderTokenError();
    const number = bytes.readBigUInt64BE(at);
    const version = bytes.readUInt32BE(at + 8) - (isOwned ? OWNED : 0);
    if (number >= 2n ** 63n || version < 1 || version > MOST_VERSION) throw new InvalidReaderTokenError();
    const fingerprint = (from: number) => bytes.toString('hex', from, from + FINGERPRINT_BYTES);
    const owners = isOwned
      ? { member: fingerprint(at + ORDER_BYTES), shop: fingerprint(at + ORDER_BYTES + FINGERPRINT_BYTES) }
      : undefined;
    orders.push({ number, version, owners });
    at = next;
  }
  return { time: bytes.readBigUInt64BE(1), orders };
}
