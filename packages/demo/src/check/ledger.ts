import type { Basket } from '../plan/order.ts';
import type { Status } from '../plan/states.ts';
import type { Findings } from './findings.ts';
import { digestOf, digestOfItems, type OrderContent } from './order-content.ts';

/** What the API acknowledged of one order. It is small, because there are many. */
export interface LedgerEntry {
  readonly number: string;
  /** The idempotency key that placed it. */
  readonly key: string;
  readonly total: string;
  readonly itemsDigest: number;
  /** The status and the digest of the content of version 1, 2, … */
  readonly statuses: Status[];
  readonly digests: number[];
}

/** The truth that every store is compared with: what the API told its clients. */
export class Ledger {
  readonly entries = new Map<string, LedgerEntry>();
  readonly #findings: Findings;
  /** How many versions were acknowledged, over all orders. */
  effects = 0;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** Notes a placed order, and compares it with its basket. */
  placed(key: string, basket: Basket, content: OrderContent): LedgerEntry {
    const { number } = content;
    if (this.entries.has(number)) {
      this.#findings.add('duplicated', 'api', number, `given to key ${key} too`);
    }
    const entry: LedgerEntry = {
      number,
      key,
      total: content.total,
      itemsDigest: digestOfItems(content),
      statuses: ['created'],
      digests: [digestOf(content)],
    };
    this.entries.set(number, entry);
    this.effects += 1;
    if (content.version !== 1 || content.status !== 'created') {
      this.#findings.add(
        'mismatched',
        'api',
        number,
        `placed as version ${content.version}, ${content.status}`,
      );
    }
    const differs = differsFrom(basket, content);
    if (differs !== undefined)
      this.#findings.add('mismatched', 'api', number, `not what was ordered: ${differs}`);
    return entry;
  }

  /** Notes the effect of a command: one more version, in the status that the command leads to. */
  changed(entry: LedgerEntry, to: Status, content: OrderContent): void {
    const version = entry.statuses.length + 1;
    entry.statuses.push(to);
    entry.digests.push(digestOf(content));
    this.effects += 1;
    if (content.number !== entry.number) {
      this.#findings.add('mismatched', 'api', entry.number, `answered with order ${content.number}`);
    } else if (content.version !== version) {
      const kind = content.version > version ? 'duplicated' : 'mismatched';
      this.#findings.add(
        kind,
        'api',
        entry.number,
        `${to}: version ${content.version} instead of ${version}`,
      );
    } else if (content.status !== to) {
      this.#findings.add('mismatched', 'api', entry.number, `${content.status} instead of ${to}`);
    } else if (content.total !== entry.total || digestOfItems(content) !== entry.itemsDigest) {
      this.#findings.add('mismatched', 'api', entry.number, `${to}: total or items changed`);
    }
  }

  /** Compares the answer to a repeated request with the first answer, in which the order had `version`. */
  repeated(entry: LedgerEntry, version: number, content: OrderContent, marked: boolean): void {
    if (content.number !== entry.number) {
      const detail = `one key, two orders: ${content.number} too`;
      this.#findings.add('duplicated', 'api', entry.number, detail);
    } else if (content.version !== version) {
      this.#findings.add(
        'duplicated',
        'api',
        entry.number,
        `repeated for version ${version}, got ${content.version}`,
      );
    } else if (digestOf(content) !== entry.digests[version - 1]) {
      this.#findings.add(
        'mismatched',
        'api',
        entry.number,
        `repeated for version ${version}, another answer`,
      );
    } else if (!marked) {
      this.#findings.add(
        'mismatched',
        'api',
        entry.number,
        `version ${version} again, not marked as replayed`,
      );
    }
  }

  /**
   * Compares what a read returned with what was acknowledged of that version; ignores orders and versions that are not in the
   * ledger.
   */
  read(content: OrderContent): void {
    const entry = this.entries.get(content.number);
    const digest = entry?.digests[content.version - 1];
    if (entry === undefined || digest === undefined) return;
    if (digest !== digestOf(content)) {
      this.#findings.add('mismatched', 'api', content.number, `read as another version ${content.version}`);
    }
  }
}

/** Returns in what an order differs from its basket; undefined if in nothing. */
function differsFrom(basket: Basket, content: OrderContent): string | undefined {
  if (content.memberId !== basket.memberId) return `member ${content.memberId}`;
  if (content.shopId !== basket.shopId) return `shop ${content.shopId}`;
  if (content.total !== basket.total.toString()) return `total ${content.total} instead of ${basket.total}`;
  if (content.note !== (basket.note ?? null)) return 'note';
  const { line1, line2 = '', city = '', postalCode = '' } = basket.deliveryAddress ?? {};
  const asked = line1 === undefined ? null : [line1, line2, city, postalCode];
  if (JSON.stringify(content.address) !== JSON.stringify(asked)) return 'address';
  if (content.items.length !== basket.items.length) return `${content.items.length} lines`;
  const sum = content.items.reduce((total, item) => total + BigInt(item[5]), 0n);
  if (sum !== basket.total) return `lines that add up to ${sum}`;
  for (const [index, { menuId, quantity }] of basket.items.entries()) {
    const [line, menu, , unitPrice, count, amount] = content.items[index]!;
    const exact = BigInt(unitPrice) * BigInt(count) === BigInt(amount);
    if (line !== index + 1 || menu !== menuId || count !== quantity || !exact) return `line ${index + 1}`;
  }
  return undefined;
}
