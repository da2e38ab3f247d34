import { type BrokenRow, type CsvRow, readCsvRows } from './csv-rows.ts';
import { InputFileError } from './errors.ts';
import type { RawOrder } from './raw-order.ts';

/** The columns of a CSV file, in any order: one row an item, rows of one order next to each other. */
const ORDER_COLUMNS = [
  'memberId',
  'shopId',
  'shopName',
  'currency',
  'note',
  'line1',
  'line2',
  'city',
  'postalCode',
] as const;
const ITEM_COLUMNS = ['menuId', 'name', 'price', 'quantity'] as const;
const REQUIRED = ['order', 'memberId', 'shopId', 'menuId', 'quantity'] as const;

type Row = Readonly<Record<string, string>>;

/** Rows of one order, as far as they have come. */
interface OpenOrder {
  readonly reference: string;
  readonly rows: { readonly line: number; readonly fields: Row }[];
  /** Whether a row of the order was refused: with a line less, it would be a different order. */
  spoilt: boolean;
}

/**
 * Reads orders from CSV with a header. A bad row takes its whole order with it.
 * Throws {@link InputFileError} when the header lacks a column.
 */
export async function* readCsvOrders(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<RawOrder> {
  let orders: OrderRows | undefined;
  for await (const row of readCsvRows(chunks)) {
    if (orders !== undefined) yield* orders.take(row);
    else if ('reason' in row) throw new InputFileError(`the header cannot be read: ${row.reason}`);
    else orders = new OrderRows(readHeader(row));
  }
  if (orders !== undefined) yield* orders.close();
}

function readHeader({ fields }: CsvRow): readonly string[] {
  const header = fields.map((name) => name.trim());
  const missing = REQUIRED.filter((name) => !header.includes(name));
  if (missing.length > 0) throw new InputFileError(`the header has no column ${missing.join(', ')}`);
  return header;
}

/** Gathers rows into orders. */
class OrderRows {
  readonly #header: readonly string[];
  /** The first line of each order that has ended. */
  readonly #ended = new Map<string, number>();
  #open: OpenOrder | undefined;

  constructor(header: readonly string[]) {
    this.#header = header;
  }

  *take(row: CsvRow | BrokenRow): Generator<RawOrder> {
    const fields = this.#named('reason' in row ? row.sure : row.fields);
    // A broken row that does not tell its order counts as a row of the order in which it stands.
    const reference = fields['order'] || ('reason' in row ? (this.#open?.reference ?? '') : '');
    if (this.#open !== undefined && this.#open.reference !== reference) yield* this.close();
    const reason = 'reason' in row ? row.reason : this.#whyNot(row, reference, fields);
    if (reason !== undefined) {
      const withdraws = this.#ended.get(reference);
      yield {
        line: row.line,
        reason: reference === '' ? reason : `${reason}; order ${reference} is left out`,
        ...(withdraws === undefined ? {} : { withdraws }),
      };
    }
    if (reference === '' || this.#ended.has(reference)) return;
    this.#open ??= { reference, rows: [], spoilt: false };
    this.#open.rows.push({ line: row.line, fields });
    this.#open.spoilt ||= reason !== undefined;
  }

  *close(): Generator<RawOrder> {
    if (this.#open === undefined) return;
    const { reference, rows, spoilt } = this.#open;
    this.#open = undefined;
    this.#ended.set(reference, rows[0]!.line);
    if (!spoilt) yield toOrder(rows);
  }

  #named(values: readonly string[]): Row {
    const fields: Record<string, string> = {};
    for (const [index, name] of this.#header.entries()) fields[name] = values[index] ?? '';
    return fields;
  }

  #whyNot({ fields: values }: CsvRow, reference: string, fields: Row): string | undefined {
    const columns = this.#header.length;
    if (values.length !== columns) return `the row has ${values.length} fields, the header ${columns}`;
    if (reference === '') return 'order is missing';
    if (this.#ended.has(reference)) return 'its rows are not next to each other';
    const first = this.#open?.rows[0]?.fields;
    const differing = first && ORDER_COLUMNS.find((name) => fields[name] !== first[name]);
    return differing === undefined ? undefined : `${differing} differs from that of the first row`;
  }
}

function toOrder(rows: OpenOrder['rows']): RawOrder {
  const { line, fields } = rows[0]!;
  const { line1, line2, city, postalCode } = fields;
  const hasAddress = [line1, line2, city, postalCode].some((part) => (part ?? '') !== '');
  return {
    line,
    itemLines: rows.map((row) => row.line),
    value: {
      ...pick(fields, ORDER_COLUMNS),
      deliveryAddress: hasAddress ? { line1, line2, city, postalCode } : undefined,
      items: rows.map((row) => pick(row.fields, ITEM_COLUMNS)),
    },
  };
}

/** Some fields of a row; an empty one counts as absent. */
function pick(fields: Row, names: readonly string[]): Record<string, string | undefined> {
  return Object.fromEntries(names.map((name) => [name, fields[name] === '' ? undefined : fields[name]]));
}
