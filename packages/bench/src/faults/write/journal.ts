import type { Findings } from '../findings.ts';
import { plannedOrder } from './plan.ts';
import type { Done, Request } from './messages.ts';

/** The change of an order that was asked for, and what came of it. */
export interface JournalChange {
  readonly key: string;
  readonly step: string;
  /** The version that it was acknowledged to have made; undefined when it was refused, or is not answered. */
  version: number | undefined;
}

/** An order that was acknowledged. */
export interface JournalOrder {
  readonly number: string;
  readonly key: string;
  readonly changes: Map<string, JournalChange>;
}

/** All requests and their answers: the truth that the rows are compared with. */
export class Journal {
  /** By number. */
  readonly orders = new Map<string, JournalOrder>();
  /** The number that each placement was given; undefined while it has no answer, null when it was refused. */
  readonly placements = new Map<string, string | undefined | null>();
  /** How many requests were acknowledged. */
  acknowledged = 0;
  readonly #findings: Findings;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** Notes a request before it is handed to the writing process. */
  asked(request: Request): void {
    if (request.kind === 'place') {
      if (!this.placements.has(request.key)) this.placements.set(request.key, undefined);
    } else if (request.kind === 'change') {
      const { key, step } = request;
      const changes = this.#order(request.number).changes;
      if (!changes.has(key)) changes.set(key, { key, step, version: undefined });
    }
  }

  acked(request: Request, done: Done): void {
    this.acknowledged += 1;
    if (request.kind === 'place') this.#placed(request.key, done);
    else if (request.kind === 'change') this.#changed(request.number, request.key, done);
  }

  /** Notes that a request was refused for good: it must have left nothing behind. */
  refused(request: Request): void {
    if (request.kind === 'place') this.placements.set(request.key, null);
  }

  #placed(key: string, { number, version, status, total }: Done): void {
    const before = this.placements.get(key);
    if (before !== undefined && before !== number) {
      this.#findings.add('duplicated', key, `one key, two orders: ${before} and ${number}`);
      return;
    }
    this.placements.set(key, number);
    const other = this.orders.get(number);
    if (other !== undefined && other.key !== key)
      this.#findings.add('duplicated', number, `given to ${other.key} and to ${key}`);
    if (other === undefined) this.orders.set(number, { number, key, changes: new Map() });
    if (version !== 1 || status !== 'created' || total !== plannedOrder(key).total.toString())
      this.#findings.add('mismatched', number, `placed as version ${version}, ${status}, total ${total}`);
  }

  #changed(number: string, key: string, { number: answered, version, status }: Done): void {
    const change = this.#order(number).changes.get(key)!;
    if (answered !== number) this.#findings.add('mismatched', number, `${key} was answered with ${answered}`);
    if (change.version !== undefined && change.version !== version) {
      this.#findings.add('duplicated', number, `${key} made version ${change.version} and ${version}`);
    }
    change.version = version;
    if (status !== STATUS_OF[change.step])
      this.#findings.add('mismatched', number, `${key}: ${change.step} led to ${status}`);
  }

  #order(number: string): JournalOrder {
    const order = this.orders.get(number);
    if (order === undefined) throw new TypeError(`order ${number} was never acknowledged`);
    return order;
  }
}

/** The state that each command leads to, as the contract has it. */
export const STATUS_OF: Readonly<Record<string, string>> = {
  pay: 'paid',
  accept: 'accepted',
  cook: 'cooking',
  ready: 'ready',
  dispatch: 'dispatched',
  pickup: 'picked_up',
  deliver: 'delivered',
};
