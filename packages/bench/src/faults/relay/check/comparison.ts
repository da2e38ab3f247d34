import { createHash } from 'node:crypto';
import type { Findings } from '../../findings.ts';
import type { EventRow } from './rows.ts';

/** A message as the topic has it. */
export interface TopicMessage {
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly partition: number;
}

/** What its row says of an event. */
interface Expected {
  readonly order: string;
  readonly version: number;
  readonly place: string;
  readonly content: string;
  published: boolean;
}

/** What the messages seen so far say of an order. */
interface Delivered {
  readonly partition: number;
  lastVersion: number;
}

/** The tables are not what this run's writers write. */
export class WrittenWrongError extends Error {
  override readonly name = 'WrittenWrongError';
  readonly code = 'FAULTS_WRITTEN_WRONG';
}

/** Compares messages with the rows that they are to have come from. First all rows are shown, then all messages. */
export class Comparison {
  /** Messages whose event had been published before. */
  redelivered = 0;
  messages = 0;
  readonly #cluster: string;
  readonly #findings: Findings;
  readonly #expected = new Map<string, Expected>();
  /** The last version of each order by its rows. */
  readonly #written = new Map<string, number>();
  readonly #delivered = new Map<string, Delivered>();
  /** The event that each order's version was first published as. */
  readonly #versions = new Map<string, string>();

  constructor(cluster: string, findings: Findings) {
    this.#cluster = cluster;
    this.#findings = findings;
  }

  /** @throws WrittenWrongError when an order's versions do not follow each other in the order of ids */
  row(table: string, row: EventRow): void {
    const { event_id: id, aggregateid: order, sequence: version } = row;
    if (version !== (this.#written.get(order) ?? 0) + 1 || this.#expected.has(id))
      throw new WrittenWrongError(
        `${table} ${row.id}: event ${id} after version ${this.#written.get(order)}`,
      );
    this.#written.set(order, version);
    this.#expected.set(id, {
      order,
      version,
      place: `${table} ${row.id}`,
      content: digestOf(row.aggregateid, row.payload, headersOf(row, this.#cluster)),
      published: false,
    });
  }

  message({ key, value, headers, partition }: TopicMessage): void {
    this.messages += 1;
    const id = headers['ce_id'] ?? '';
    const expected = this.#expected.get(id);
    if (expected === undefined) {
      this.#findings.add('mismatched', id, `a message of ${key} on partition ${partition} has no row`);
      return;
    }
    if (digestOf(key, value, headers) !== expected.content)
      this.#findings.add('mismatched', id, `${expected.place}: the message differs from its row`);
    this.#doubled(id, key, headers['ce_sequence'] ?? '');
    if (expected.published) {
      this.redelivered += 1;
    } else {
      expected.published = true;
      this.#inOrder(id, expected, partition);
    }
  }

  /** To be called when all has been shown. */
  finish(): void {
    for (const [id, { place, published }] of this.#expected)
      if (!published) this.#findings.add('lost', id, `${place}: committed, and not on the topic`);
  }

  #doubled(id: string, key: string, version: string): void {
    const name = `${key} ${version}`;
    const first = this.#versions.get(name) ?? id;
    this.#versions.set(name, first);
    if (first !== id)
      this.#findings.add('duplicated', id, `version ${version} of ${key} is ${first} as well`);
  }

  /** An order's events are in order only if they are on one partition. */
  #inOrder(id: string, { order, version, place }: Expected, partition: number): void {
    const before = this.#delivered.get(order) ?? { partition, lastVersion: 0 };
    this.#delivered.set(order, before);
    if (before.partition !== partition)
      this.#findings.add('outOfOrder', id, `${place}: on partition ${partition} and not ${before.partition}`);
    if (version < before.lastVersion)
      this.#findings.add('outOfOrder', id, `${place}: first published after version ${before.lastVersion}`);
    else before.lastVersion = version;
  }
}

/** The headers of an event's message: CloudEvents 1.0 in Kafka's binary mode. */
function headersOf(row: EventRow, cluster: string): Record<string, string> {
  return {
    ce_specversion: '1.0',
    ce_id: row.event_id,
    ce_source: `/ordershard/${cluster}/orders`,
    ce_type: row.type,
    ce_subject: row.aggregateid,
    ce_time: `${row.occurred_at.replace(' ', 'T')}Z`,
    ce_sequence: String(row.sequence),
    'content-type': 'application/json',
    ...(row.traceparent === null ? {} : { traceparent: row.traceparent }),
  };
}

function digestOf(key: string, value: string, headers: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(headers).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([key, value, sorted]))
    .digest('base64');
}
