import { type Address, LARGEST_AMOUNT } from '../plan/order.ts';

/**
 * An order of an input file that can be used by itself; whether its prices agree with the rest of the file is not checked
 * yet.
 */
export interface InputOrder {
  readonly memberId: string;
  readonly shopId: string;
  readonly shopName?: string | undefined;
  readonly currency?: string | undefined;
  readonly items: readonly InputItem[];
  readonly note?: string | undefined;
  readonly deliveryAddress?: Address | undefined;
}

export interface InputItem {
  readonly menuId: string;
  readonly name?: string | undefined;
  /** Minor units; absent when an earlier order has given it. */
  readonly price?: bigint | undefined;
  readonly quantity: number;
}

/** Why an order cannot be used; `item` is the index of the line that it is about. */
export interface Refusal {
  readonly reason: string;
  readonly item?: number | undefined;
}

class RefusalError extends Error {
  readonly item: number | undefined;

  constructor(reason: string, item?: number) {
    super(reason);
    this.item = item;
  }
}

/** The largest number that the quantity's column holds. */
const LARGEST_QUANTITY = 4_294_967_295n;
const MOST_ITEMS = 100;
const ID = /^[\x21-\x7e]{1,64}$/;

/** Reads an order from a value in which every integer is a bigint. Never throws. */
export function readInputOrder(value: unknown): InputOrder | Refusal {
  try {
    return readOrder(asFields(value, 'the line'));
  } catch (error) {
    if (error instanceof RefusalError) return { reason: error.message, item: error.item };
    throw error;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function readOrder(fields: Fields): InputOrder {
  const { items, deliveryAddress } = fields;
  if (!Array.isArray(items) || items.length === 0)
    throw new RefusalError('items must be a list of at least one item');
  if (items.length > MOST_ITEMS) throw new RefusalError(`items: more than ${MOST_ITEMS}`);
  const currency = optionalText(fields, 'currency', 3);
  if (currency !== undefined && !/^[A-Z]{3}$/.test(currency)) {
    throw new RefusalError('currency must be three capital letters (ISO 4217)');
  }
  return {
    memberId: id(fields, 'memberId'),
    shopId: id(fields, 'shopId'),
    shopName: optionalText(fields, 'shopName', 200),
    currency,
    items: items.map(readItem),
    note: optionalText(fields, 'note', 1_000),
    deliveryAddress:
      deliveryAddress === undefined || deliveryAddress === null ? undefined : readAddress(deliveryAddress),
  };
}

function readItem(value: unknown, index: number): InputItem {
  try {
    const fields = asFields(value, 'the item');
    return {
      menuId: id(fields, 'menuId'),
      name: optionalText(fields, 'name', 200),
      price:
        fields['price'] === undefined || fields['price'] === null
          ? undefined
          : whole(fields, 'price', 0n, LARGEST_AMOUNT),
      quantity: Number(whole(fields, 'quantity', 1n, LARGEST_QUANTITY)),
    };
  } catch (error) {
    if (error instanceof RefusalError) throw new RefusalError(`items[${index}]: ${error.message}`, index);
    throw error;
  }
}

function readAddress(value: unknown): Address {
  const fields = asFields(value, 'deliveryAddress');
  const line1 = optionalText(fields, 'line1', 200);
  if (line1 === undefined) throw new RefusalError('deliveryAddress: line1 is missing');
  return {
    line1,
    line2: optionalText(fields, 'line2', 200),
    city: optionalText(fields, 'city', 100),
    postalCode: optionalText(fields, 'postalCode', 20),
  };
}

function asFields(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RefusalError(`${what} must be an object`);
  }
  return value as Fields;
}

function id(fields: Fields, name: string): string {
  const value = fields[name];
  if (value === undefined || value === null || value === '') throw new RefusalError(`${name} is missing`);
  if (typeof value !== 'string' || !ID.test(value)) {
    throw new RefusalError(`${name} must be a text of 1 to 64 visible ASCII characters`);
  }
  return value;
}

function optionalText(fields: Fields, name: string, most: number): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw new RefusalError(`${name} must be a text`);
  if (value.length > most) throw new RefusalError(`${name} is longer than ${most} characters`);
  if (value.includes('\uFFFD')) throw new RefusalError(`${name} is not valid UTF-8`);
  return value;
}

/** An integer, written as a JSON integer or as its decimal text. */
function whole(fields: Fields, name: string, least: bigint, most: bigint): bigint {
  const value = fields[name];
  if (value === undefined || value === null || value === '') throw new RefusalError(`${name} is missing`);
  const exact = typeof value === 'string' && /^-?\d{1,19}$/.test(value) ? BigInt(value) : value;
  if (typeof exact !== 'bigint') throw new RefusalError(`${name} must be a whole number`);
  if (exact < least || exact > most) throw new RefusalError(`${name} must be from ${least} to ${most}`);
  return exact;
}
