import type { Status } from '../plan/states.ts';
import { EVENT_TYPE } from '../plan/states.ts';
import type { FindingKind, Findings } from './findings.ts';
import type { Ledger, LedgerEntry } from './ledger.ts';
import { digestOf, digestOfItems, type OrderContent } from './order-content.ts';

/** A row of an outbox table. */
export interface OutboxFact {
  readonly number: string;
  readonly version: number;
  readonly eventId: string;
  readonly type: string;
  /** Digest of the payload's text. */
  readonly digest: number;
  readonly content: OrderContent;
}

/** A message of the topic, in the order of its partition. */
export interface EventFact {
  readonly key: string;
  readonly partition: number;
  readonly id: string;
  readonly type: string;
  readonly version: number;
  /** Digest of the value's text. */
  readonly digest: number;
}

/** Where orders belong, worked out by the check itself. */
export interface Layout {
  /** The shard whose fence owns a number. */
  shardOf(number: string): number | undefined;
  partitionOf(key: string): number;
}

/** What the comparison has seen of one order in the stores. */
interface Seen {
  shard: number;
  rows: number;
  keys: number;
  views: number;
  /** Digest of the payload of version 1, 2, …; undefined for a version without a row. */
  readonly outbox: (number | undefined)[];
  /** The version whose first delivery comes next, and the versions that came too early. */
  next: number;
  ahead: number[] | undefined;
}

/**
 * Compares what the stores hold with what the API acknowledged. Pure: facts come in one by one, MySQL's first, since events
 * are compared with outbox rows; {@link Comparison.finish} then reports what never came.
 */
export class Comparison {
  /** Order rows per shard. */
  readonly perShard: number[];
  /** Versions seen in Kafka for the first time, and those seen again. */
  events = 0;
  redelivered = 0;
  views = 0;
  readonly #ledger: Ledger;
  readonly #findings: Findings;
  readonly #layout: Layout;
  readonly #seen = new Map<string, Seen>();

  constructor(ledger: Ledger, findings: Findings, layout: Layout, shards: number) {
    this.#ledger = ledger;
    this.#findings = findings;
    this.#layout = layout;
    this.perShard = Array.from({ length: shards }, () => 0);
  }

  orderRow(shard: number, content: OrderContent): void {
    const { number } = content;
    const seen = this.#of(number);
    this.perShard[shard] = (this.perShard[shard] ?? 0) + 1;
    seen.rows += 1;
    if (seen.rows > 1) {
      this.#findings.add('duplicated', 'mysql', number, `on shard ${seen.shard} and on shard ${shard}`);
      return;
    }
    seen.shard = shard;
    const owner = this.#layout.shardOf(number);
    if (owner !== shard) {
      this.#findings.add('mismatched', 'mysql', number, `on shard ${shard}, but shard ${owner} owns it`);
    }
    const entry = this.#ledger.entries.get(number);
    if (entry === undefined) {
      this.#findings.add('duplicated', 'mysql', number, 'an order that nobody was acknowledged');
      return;
    }
    const version = entry.statuses.length;
    if (content.version < version) {
      this.#findings.add(
        'missing',
        'mysql',
        number,
        `at version ${content.version}, acknowledged ${version}`,
      );
    } else if (content.version > version) {
      this.#findings.add(
        'duplicated',
        'mysql',
        number,
        `at version ${content.version}, acknowledged ${version}`,
      );
    } else {
      this.#sameContent('mysql', entry, content);
    }
  }

  idempotencyRow(shard: number, key: string, number: string): void {
    const entry = this.#ledger.entries.get(number);
    if (entry?.key !== key) {
      this.#findings.add(
        'duplicated',
        'mysql',
        number,
        `key ${key} on shard ${shard} is not the one that placed it`,
      );
      return;
    }
    const seen = this.#of(number);
    seen.keys += 1;
    if (seen.keys > 1)
      this.#findings.add('duplicated', 'mysql', number, `key ${key} again on shard ${shard}`);
  }

  outboxRow(shard: number, row: OutboxFact): void {
    const { number, version, content } = row;
    const seen = this.#of(number);
    const wrong = (detail: string) =>
      this.#findings.add(
        'mismatched',
        'mysql',
        number,
        `outbox row of version ${version} on shard ${shard}: ${detail}`,
      );
    if (seen.outbox[version - 1] !== undefined) {
      this.#findings.add(
        'duplicated',
        'mysql',
        number,
        `outbox row of version ${version} again on shard ${shard}`,
      );
      return;
    }
    seen.outbox[version - 1] = row.digest;
    if (row.eventId !== `${number}-${version}`) wrong(`event id ${row.eventId}`);
    if (content.number !== number || content.version !== version)
      wrong(`holds ${content.number}-${content.version}`);
    const entry = this.#ledger.entries.get(number);
    if (entry === undefined || version > entry.statuses.length) {
      this.#findings.add(
        'duplicated',
        'mysql',
        number,
        `outbox row of version ${version}, never acknowledged`,
      );
      return;
    }
    const status = entry.statuses[version - 1]!;
    if (row.type !== EVENT_TYPE[status]) wrong(`${row.type} for a change into ${status}`);
    if (digestOf(content) !== entry.digests[version - 1]) wrong(differenceOf(entry, status, content));
  }

  event({ key, partition, id, type, version, digest }: EventFact): void {
    const wrong = (kind: FindingKind, detail: string) => this.#findings.add(kind, 'kafka', key, detail);
    const seen = this.#seen.get(key);
    const row = seen?.outbox[version - 1];
    const home = this.#layout.partitionOf(key);
    const status = this.#ledger.entries.get(key)?.statuses[version - 1];
    if (row === undefined) {
      wrong('mismatched', `event ${id} of version ${version}, which MySQL does not have`);
    } else if (id !== `${key}-${version}` || (status !== undefined && type !== EVENT_TYPE[status])) {
      wrong('mismatched', `version ${version} has id ${id}, type ${type}`);
    } else if (digest !== row) {
      wrong('mismatched', `version ${version} is unlike its outbox row`);
    }
    if (partition !== home) {
      wrong('outOfOrder', `version ${version} in partition ${partition} instead of ${home}`);
    }
    if (seen !== undefined && Number.isSafeInteger(version)) this.#deliver(key, seen, version);
  }

  /** Sorts a delivery: a first one, in order or too early, or a repeat. */
  #deliver(key: string, seen: Seen, version: number): void {
    if (version < seen.next || seen.ahead?.includes(version) === true) {
      this.redelivered += 1;
      return;
    }
    this.events += 1;
    if (version > seen.next) {
      (seen.ahead ??= []).push(version);
      this.#findings.add('outOfOrder', 'kafka', key, `version ${version} before version ${seen.next}`);
      return;
    }
    do seen.next += 1;
    while (seen.ahead?.includes(seen.next) === true);
  }

  view(content: OrderContent): void {
    const { number, version } = content;
    this.views += 1;
    const seen = this.#of(number);
    seen.views += 1;
    const entry = this.#ledger.entries.get(number);
    if (entry === undefined) {
      this.#findings.add('mismatched', 'mongodb', number, 'a view of an order that nobody was acknowledged');
    } else if (seen.views > 1) {
      this.#findings.add('duplicated', 'mongodb', number, 'two views');
    } else if (version !== entry.statuses.length) {
      this.#findings.add(
        'mismatched',
        'mongodb',
        number,
        `at version ${version}, acknowledged ${entry.statuses.length}`,
      );
    } else {
      this.#sameContent('mongodb', entry, content);
    }
  }

  /** Reports what was acknowledged, or is in MySQL, and never came. */
  finish(): void {
    for (const entry of this.#ledger.entries.values()) {
      const seen = this.#of(entry.number);
      const missing = (place: 'mysql' | 'kafka' | 'mongodb', what: string) =>
        this.#findings.add('missing', place, entry.number, what);
      if (seen.rows === 0) missing('mysql', 'no row on any shard');
      if (seen.keys === 0) missing('mysql', `no row of key ${entry.key}`);
      for (let version = 1; version <= entry.statuses.length; version += 1) {
        if (seen.outbox[version - 1] === undefined) missing('mysql', `no outbox row of version ${version}`);
      }
      for (let version = seen.next; version <= entry.statuses.length; version += 1) {
        if (seen.ahead?.includes(version) !== true) missing('kafka', `no event of version ${version}`);
      }
      if (seen.views === 0) missing('mongodb', 'no view');
    }
  }

  #sameContent(place: 'mysql' | 'mongodb', entry: LedgerEntry, content: OrderContent): void {
    if (digestOf(content) === entry.digests.at(-1)) return;
    this.#findings.add(
      'mismatched',
      place,
      entry.number,
      differenceOf(entry, entry.statuses.at(-1)!, content),
    );
  }

  #of(number: string): Seen {
    let seen = this.#seen.get(number);
    if (seen === undefined) {
      seen = { shard: -1, rows: 0, keys: 0, views: 0, outbox: [], next: 1, ahead: undefined };
      this.#seen.set(number, seen);
    }
    return seen;
  }
}

/** Returns in which field a content differs from the acknowledged one, as far as the ledger can tell. */
function differenceOf(entry: LedgerEntry, status: Status, content: OrderContent): string {
  if (content.status !== status) return `status ${content.status}, acknowledged ${status}`;
  if (content.total !== entry.total) return `total ${content.total}, acknowledged ${entry.total}`;
  if (digestOfItems(content) !== entry.itemsDigest)
    return `items ${JSON.stringify(content.items)}, unlike those acknowledged`;
  return 'member, shop, note, address, times or ending, unlike those acknowledged';
}
