import type { Findings } from '../findings.ts';
import type { Refusal, Told, ToldOrder } from './messages.ts';

/** An order as it was acknowledged last. */
export interface KnownOrder {
  readonly key: string;
  /** Decimal text. */
  readonly number: string;
  version: number;
  status: string;
  readonly total: string;
  /** The shard where its row was seen first. */
  home?: number;
}

/** The answers that callers got. */
export class Journal {
  /** By number, decimal text. */
  readonly orders = new Map<string, KnownOrder>();
  /** Every order that a process asked for and was refused, by its key. */
  readonly refused = new Map<string, Refusal>();
  /** How often callers had to ask again, by code. */
  readonly again = new Map<string, number>();
  readonly #byKey = new Map<string, string>();
  readonly #findings: Findings;
  #nextIndex = 0;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** Reserves the indexes of the next `count` placements; returns the first. */
  take(count: number): number {
    const first = this.#nextIndex;
    this.#nextIndex += count;
    return first;
  }

  /**
   * Notes the answers that a process got.
   *
   * @param allowed the codes of refusals that may occur
   */
  note({ orders, refused, again }: Told, allowed: readonly string[] = []): void {
    for (const order of orders) this.#note(order);
    for (const refusal of refused) {
      const { subject, code, message } = refusal;
      if (allowed.includes(code)) this.refused.set(subject, refusal);
      else this.#findings.add('lost', subject, `was refused: ${code} ${message}`);
    }
    for (const [code, times] of Object.entries(again))
      this.again.set(code, (this.again.get(code) ?? 0) + times);
  }

  #note({ key, number, version, status, total }: ToldOrder): void {
    const known = this.orders.get(number);
    const other = this.#byKey.get(key);
    if (other !== undefined && other !== number)
      this.#findings.add('duplicated', key, `is order ${other}, and ${number} too`);
    if (known === undefined) {
      this.orders.set(number, { key, number, version, status, total });
      this.#byKey.set(key, number);
    } else if (known.key !== key) {
      this.#findings.add('mismatched', number, `is the order of ${known.key}, and of ${key} too`);
    } else if (version > known.version) {
      known.version = version;
      known.status = status;
    }
  }
}
