import { createReadStream } from 'node:fs';
import type { Basket, Shop } from '../plan/order.ts';
import { readCsvOrders } from './csv-orders.ts';
import { InputFileError } from './errors.ts';
import { InputCatalogue } from './input-catalogue.ts';
import { type InputOrder, readInputOrder } from './input-order.ts';
import { readJsonLines } from './json-lines.ts';
import type { RawOrder } from './raw-order.ts';

/** An order of an input file that can be placed. */
export interface InputBasket {
  readonly line: number;
  readonly basket: Basket;
}

/** An input file that was read once. It keeps no orders: they are read again when they are placed. */
export interface InputFile {
  readonly orders: number;
  shops(): Iterable<Shop>;
  baskets(): AsyncGenerator<InputBasket>;
}

/** Returns an input file's bytes from its start, each time it is called. */
export type OpenInput = () => AsyncIterable<Uint8Array>;

/** Opens an input file by its path. A name that ends in `.csv` means CSV, any other JSON lines. */
export function inputFile(path: string, refuse: (line: number, reason: string) => void): Promise<InputFile> {
  return scanInput(() => readBytes(path), path.toLowerCase().endsWith('.csv'), refuse);
}

async function* readBytes(path: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 262_144 })) yield chunk as Uint8Array;
  } catch (cause) {
    throw new InputFileError(`cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
}

/**
 * Reads all orders once, to learn the shops and menus and to find orders that cannot be used; calls `refuse` for each of
 * these, with its line. Throws {@link InputFileError} for a file that cannot be read at all.
 */
export async function scanInput(
  open: OpenInput,
  csv: boolean,
  refuse: (line: number, reason: string) => void,
): Promise<InputFile> {
  const read = () => (csv ? readCsvOrders(open()) : readJsonLines(open()));
  const catalogue = new InputCatalogue();
  const refusedLines = new Set<number>();
  let orders = 0;
  for await (const raw of read()) {
    const order = readOrRefuse(raw, catalogue);
    if (!('reason' in order)) {
      orders += 1;
      continue;
    }
    refuse(order.line, order.reason);
    refusedLines.add(raw.line);
    if ('reason' in raw && raw.withdraws !== undefined && !refusedLines.has(raw.withdraws)) {
      refusedLines.add(raw.withdraws);
      orders -= 1;
    }
  }
  return {
    orders,
    shops: () => catalogue.shops(),
    baskets: async function* () {
      for await (const raw of read()) {
        if (refusedLines.has(raw.line) || 'reason' in raw) continue;
        const order = readInputOrder(raw.value);
        if (!('reason' in order)) yield { line: raw.line, basket: catalogue.basketOf(order) };
      }
    },
  };
}

function readOrRefuse(
  raw: RawOrder,
  catalogue: InputCatalogue,
): InputOrder | { line: number; reason: string } {
  if ('reason' in raw) return raw;
  const order = readInputOrder(raw.value);
  const refusal = 'reason' in order ? order : catalogue.admit(order);
  if (refusal === undefined) return order as InputOrder;
  const line = refusal.item === undefined ? raw.line : (raw.itemLines?.[refusal.item] ?? raw.line);
  return { line, reason: refusal.reason };
}
