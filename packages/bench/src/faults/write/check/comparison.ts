import { createHash } from 'node:crypto';
import { type Journal, type JournalOrder, STATUS_OF } from '../journal.ts';
import { CALLER, LINES, type PlannedOrder, plannedOrder, SHOP } from '../plan.ts';
import type { Findings } from '../../findings.ts';
import { bucketOf } from '../../murmur.ts';
import type { Ownership } from './ownership.ts';
import type { ItemRow, KeyRow, OrderRow, OutboxRow, UnitRow } from './rows.ts';

const CALLER_TEXT = `${CALLER.role}:${CALLER.subject}`;

/** The types of events, by the state that they tell of, as the contract has them. */
const EVENT_OF: Readonly<Record<string, string>> = {
  created: 'order.created',
  paid: 'order.paid',
  accepted: 'order.accepted',
  cooking: 'order.cooking_started',
  ready: 'order.prepared',
  dispatched: 'order.dispatched',
  picked_up: 'order.picked_up',
  delivered: 'order.delivered',
};

/** What was acknowledged of an order, and what was seen of it. */
interface Expected {
  readonly key: string;
  readonly plan: PlannedOrder;
  /** The state of version 1, 2, …; a hole where none was acknowledged. */
  readonly statuses: readonly (string | undefined)[];
  readonly changes: JournalOrder['changes'];
  rows: number;
  keys: number;
  lines: number;
  units: number;
  readonly events: number[];
}

/**
 * Compares rows with the journal, when no request is without an answer. Pure: the rows come in one by one, and
 * {@link finish} says what never came.
 */
export class Comparison {
  readonly #findings: Findings;
  readonly #ownership: Ownership;
  readonly #expected = new Map<string, Expected>();

  /** @param isLeftOut says for which orders nothing is expected */
  constructor(
    journal: Journal,
    ownership: Ownership,
    findings: Findings,
    isLeftOut: (number: string) => boolean = () => false,
  ) {
    this.#findings = findings;
    this.#ownership = ownership;
    for (const order of journal.orders.values())
      if (!isLeftOut(order.number)) this.#expected.set(order.number, expectedOf(order));
  }

  order(shard: number, row: OrderRow): void {
    const { number, version } = row;
    const expected = this.#of('order', number, `order of ${row.note} on shard ${shard}`);
    this.#place('order', shard, number, row.bucket);
    if (expected === undefined) return;
    expected.rows += 1;
    if (expected.rows > 1) this.#findings.add('duplicated', number, `an order again on shard ${shard}`);
    const { plan, statuses } = expected;
    if (version < statuses.length)
      this.#findings.add('lost', number, `at version ${version}, acknowledged ${statuses.length}`);
    else if (version > statuses.length)
      this.#findings.add('duplicated', number, `at version ${version}, acknowledged ${statuses.length}`);
    else if (row.status !== statuses.at(-1))
      this.#findings.add('mismatched', number, `is ${row.status}, acknowledged ${statuses.at(-1)}`);
    this.#same(number, 'order', [
      ['member', row.member_id, plan.memberId],
      ['shop', row.shop_id, SHOP.shopId],
      ['name of the shop', row.shop_name, SHOP.name],
      ['currency', row.currency, SHOP.currency],
      ['total', row.total, plan.total.toString()],
      ['note', row.note, plan.note],
      ['address', row.line1, plan.line1],
      ['timeline', Number(row.timeline), version],
    ]);
  }

  item(shard: number, row: ItemRow): void {
    const { number, line } = row;
    const expected = this.#of('line', number, `line ${line} on shard ${shard}`);
    this.#place(`line ${line}`, shard, number, row.bucket);
    if (expected === undefined) return;
    expected.lines += 1;
    const planned = expected.plan.lines[line - 1];
    if (planned === undefined || expected.lines > LINES) {
      this.#findings.add('duplicated', number, `line ${line}, the ${expected.lines}th`);
      return;
    }
    this.#same(number, `line ${line}`, [
      ['menu', row.menu_id, planned.menuId],
      ['name', row.name, planned.name],
      ['price', row.unit_price, planned.unitPrice.toString()],
      ['quantity', row.quantity, planned.quantity],
      ['amount', row.amount, (planned.unitPrice * BigInt(planned.quantity)).toString()],
    ]);
  }

  key(shard: number, row: KeyRow): void {
    const { number, idempotency_key: key } = row;
    const expected = this.#of('key', number, `key ${key} on shard ${shard}`);
    const text = `${row.caller} ${key}`;
    const owner = this.#ownership.ofKey(text);
    if (owner !== shard) this.#findings.add('mismatched', key, `on shard ${shard}, owned by ${owner}`);
    if (row.bucket !== bucketOf(text, this.#ownership.buckets))
      this.#findings.add('mismatched', key, `carries bucket ${row.bucket}`);
    if (expected === undefined) return;
    expected.keys += 1;
    if (expected.keys > 1 || key !== expected.key || row.caller !== CALLER_TEXT)
      this.#findings.add('duplicated', number, `key ${text} on shard ${shard}, placed by ${expected.key}`);
    this.#payload(number, 1, row.answer, 'answer', expected);
  }

  event(shard: number, table: string, row: OutboxRow): void {
    const { aggregateid: number, sequence: version } = row;
    const expected = this.#of('event', number, `event ${row.event_id} on shard ${shard}`);
    this.#place(`event ${version}`, shard, number, row.bucket);
    if (expected === undefined) return;
    const seen = (expected.events[version - 1] ?? 0) + 1;
    expected.events[version - 1] = seen;
    if (seen > 1) this.#findings.add('duplicated', number, `${seen} events of version ${version}`);
    const status = expected.statuses[version - 1];
    if (status === undefined) {
      this.#findings.add('duplicated', number, `an event of version ${version}, never acknowledged`);
      return;
    }
    this.#same(number, `event ${version} in ${table}`, [
      ['id', row.event_id, `${number}-${version}`],
      ['type', row.type, EVENT_OF[status]],
    ]);
    this.#payload(number, version, row.payload, `payload of version ${version}`, expected);
  }

  unit(shard: number, row: UnitRow): void {
    const { number } = row;
    const expected = this.#of('unit', number, `unit ${row.unit_id} on shard ${shard}`);
    this.#place(`unit ${row.unit_id}`, shard, number, row.bucket);
    if (expected === undefined) return;
    expected.units += 1;
    const change = [...expected.changes.values()].find(({ key }) => unitId(number, key) === row.unit_id);
    if (change?.version === undefined) {
      this.#findings.add('duplicated', number, `the unit of ${change?.key ?? 'nobody'}, never acknowledged`);
      return;
    }
    this.#same(number, `unit of ${change.key}`, [
      ['outcome', row.outcome, 'applied'],
      ['result', row.result, JSON.stringify({ version: change.version })],
    ]);
  }

  /** Adds findings for what was acknowledged and never came, and for what came in part. */
  finish(): void {
    for (const [number, { key, statuses, rows, keys, lines, units, events }] of this.#expected) {
      if (rows === 0 && lines === 0 && keys === 0 && events.length === 0) {
        this.#findings.add('lost', number, `nothing is there of the order of ${key}`);
        continue;
      }
      const absent = (what: string) =>
        this.#findings.add('mismatched', number, `the order of ${key} has ${what}`);
      if (rows === 0) absent('no row of its own');
      if (lines < LINES) absent(`${lines} lines`);
      if (keys === 0) absent('no key');
      if (units !== statuses.length - 1) absent(`${units} units, and ${statuses.length - 1} acknowledged`);
      for (const [at, status] of statuses.entries()) {
        if (status === undefined) absent(`no acknowledged version ${at + 1}, but later ones`);
        else if (events[at] === undefined) absent(`no event of version ${at + 1}`);
      }
    }
  }

  #of(what: string, number: string, detail: string): Expected | undefined {
    const expected = this.#expected.get(number);
    if (expected === undefined)
      this.#findings.add('duplicated', number, `${detail}: no ${what} of this number was acknowledged`);
    return expected;
  }

  #place(what: string, shard: number, number: string, bucket: number): void {
    const owner = this.#ownership.ofNumber(number);
    if (owner !== shard)
      this.#findings.add('mismatched', number, `${what} on shard ${shard}, owned by ${owner}`);
    if (bucket !== bucketOf(number, this.#ownership.buckets))
      this.#findings.add('mismatched', number, `${what} carries bucket ${bucket}`);
  }

  /** The snapshot of a version, as events and stored answers carry it. */
  #payload(number: string, version: number, json: string, what: string, { plan, statuses }: Expected): void {
    let snapshot: Record<string, unknown>;
    try {
      snapshot = JSON.parse(json) as typeof snapshot;
    } catch {
      this.#findings.add('mismatched', number, `${what} is no JSON`);
      return;
    }
    const items = snapshot['items'] as readonly Record<string, unknown>[] | undefined;
    this.#same(number, what, [
      ['number', snapshot['number'], number],
      ['version', snapshot['version'], version],
      ['status', snapshot['status'], statuses[version - 1]],
      ['note', snapshot['note'], plan.note],
      ['total', snapshot['total'], plan.total.toString()],
      ['names', items?.map(({ name }) => name).join('\n'), plan.lines.map(({ name }) => name).join('\n')],
    ]);
  }

  #same(number: string, what: string, fields: readonly (readonly [string, unknown, unknown])[]): void {
    for (const [field, found, wanted] of fields) {
      if (found !== wanted)
        this.#findings.add(
          'mismatched',
          number,
          `${what}: ${field} ${String(found)} instead of ${String(wanted)}`,
        );
    }
  }
}

function expectedOf({ number, key, changes }: JournalOrder): Expected & { readonly number: string } {
  const statuses: (string | undefined)[] = ['created'];
  for (const { step, version } of changes.values())
    if (version !== undefined) statuses[version - 1] = STATUS_OF[step];
  return {
    number,
    key,
    plan: plannedOrder(key),
    // A hole is undefined, and not passed over.
    statuses: Array.from(statuses),
    changes,
    rows: 0,
    keys: 0,
    lines: 0,
    units: 0,
    events: [],
  };
}

/** The id that a key of ours stands for on one order: the first 16 bytes of a SHA-256. */
function unitId(number: string, key: string): string {
  return createHash('sha256')
    .update(`${CALLER_TEXT} ${number} ${key}`)
    .digest('hex')
    .slice(0, 32)
    .toUpperCase();
}
