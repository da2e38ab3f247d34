import { setTimeout as sleep } from 'node:timers/promises';
import { ORDERS_TOPIC, outboxTableOf } from '@ordershard/outbox';
import type { Connection } from 'mysql2/promise';
import { connectPlain } from '../connect.ts';
import { bucketOf } from '../murmur.ts';
import type { Seeded } from '../seeded.ts';

const BUCKETS = 1_024;
/** Share of events that are the hot order's. */
const HOT = 0.4;
const HOT_VERSIONS = 300;
const COLD_VERSIONS = 8;
/** Share of transactions that are rolled back. */
const ROLLED_BACK = 0.1;
/** Share of transactions that stay open, so that their rows appear below later ones. */
const OPEN_LONG = 0.08;
const OPEN_MS = 2_500;
const PAUSE_MS = 250;
/** Share of events that are large. */
const LARGE = 0.003;

interface LaneOrder {
  readonly number: string;
  readonly versions: number;
  /** The last that is committed. */
  version: number;
}

/** What the lanes share. */
export interface LaneShared {
  /** A number that no order has. */
  nextNumber(): string;
  committed(events: number): void;
  rolledBack(): void;
}

/**
 * One writer of a shard, with orders that nobody else changes. So their versions are committed in order, as under a row's
 * lock. The lane inserts the rows by itself, since the faults are done to the relay.
 */
export class Lane {
  readonly #url: string;
  readonly #random: Seeded;
  readonly #shared: LaneShared;
  #orders: LaneOrder[] = [];
  #attempts = 0;

  constructor(url: string, random: Seeded, shared: LaneShared) {
    this.#url = url;
    this.#random = random;
    this.#shared = shared;
  }

  /** Writes until `ended` returns true. Waits for a server that is down. */
  async run(ended: () => boolean): Promise<void> {
    let connection: Connection | undefined;
    while (!ended()) {
      try {
        connection ??= await open(this.#url);
        await this.#transaction(connection);
        await sleep(this.#random.between(0, PAUSE_MS));
      } catch (error) {
        connection?.destroy();
        connection = undefined;
        if (!isOfTheConnection(error)) throw error;
        // Nobody knows whether the last transaction was committed, so the lane adds nothing to its orders.
        this.#orders = [];
        await sleep(PAUSE_MS);
      }
    }
    await connection?.end();
  }

  async #transaction(connection: Connection): Promise<void> {
    const random = this.#random;
    const versions = new Map<LaneOrder, number>();
    const parts = [this.#events(versions), ...(random.chance(0.3) ? [this.#events(versions)] : [])];
    const openMs = random.chance(OPEN_LONG) ? random.between(50, OPEN_MS) : 0;
    await connection.query('START TRANSACTION');
    for (const events of parts) {
      for (const [table, rows] of events) await connection.query(insertInto(table), [rows]);
      if (openMs > 0) await sleep(openMs / parts.length);
    }
    if (random.chance(ROLLED_BACK)) {
      await connection.query('ROLLBACK');
      this.#shared.rolledBack();
      return;
    }
    await connection.query('COMMIT');
    for (const [order, version] of versions) order.version = version;
    this.#orders = this.#orders.filter(({ version, versions: all }) => version < all);
    this.#shared.committed(parts.reduce((sum, events) => sum + [...events.values()].flat().length, 0));
  }

  /** Rows of the next versions of one to three orders, by their tables. */
  #events(versions: Map<LaneOrder, number>): Map<string, unknown[][]> {
    const rows = new Map<string, unknown[][]>();
    for (let left = this.#random.between(1, 4); left > 0; left -= 1) {
      const order = this.#order();
      const table = outboxTableOf(ORDERS_TOPIC, order.number);
      for (let more = this.#random.between(1, 3); more > 0; more -= 1) {
        const version = (versions.get(order) ?? order.version) + 1;
        versions.set(order, version);
        rows.set(table, [...(rows.get(table) ?? []), this.#row(order.number, version)]);
      }
    }
    return rows;
  }

  #order(): LaneOrder {
    const [hot, ...cold] = this.#orders;
    if (hot === undefined) return this.#opened(HOT_VERSIONS);
    if (this.#random.chance(HOT)) return hot;
    if (cold.length < 6) return this.#opened(this.#random.between(1, COLD_VERSIONS + 1));
    return this.#random.pick(cold);
  }

  #opened(versions: number): LaneOrder {
    const order = { number: this.#shared.nextNumber(), versions, version: 0 };
    this.#orders.push(order);
    return order;
  }

  #row(number: string, version: number): unknown[] {
    this.#attempts += 1;
    const id = `${number}-${version}-${this.#attempts}`;
    const note = this.#random.chance(LARGE) ? 'x'.repeat(150_000) : `Joe's \\ "떡볶이" 🍜 ${id}`;
    const trace = this.#attempts.toString(16).padStart(32, '1');
    return [
      new Date().toISOString().slice(0, 10),
      id,
      ORDERS_TOPIC.name,
      number,
      version === 1 ? 'order.created' : 'order.paid',
      version,
      bucketOf(number, BUCKETS),
      JSON.stringify({ number, version, note }),
      this.#attempts % 3 === 0 ? `00-${trace}-00f067aa0ba902b7-01` : null,
      new Date().toISOString().slice(0, 23).replace('T', ' '),
    ];
  }
}

function insertInto(table: string): string {
  return `INSERT INTO ${table}
    (day, event_id, aggregatetype, aggregateid, type, sequence, bucket, payload, traceparent, occurred_at) VALUES ?`;
}

async function open(url: string): Promise<Connection> {
  const connection = await connectPlain(url);
  connection.on('error', () => undefined);
  await connection.query("SET time_zone = '+00:00', @ordershard_bucket = -1");
  return connection;
}

/**
 * Whether the error comes from a server that was gone, or went: then the lane tries again. A refusal of another kind is a
 * mistake of this run's own.
 */
function isOfTheConnection(error: unknown): boolean {
  const { code = '', fatal } = error as { code?: string; fatal?: boolean };
  return fatal === true || code === 'ER_SERVER_SHUTDOWN' || !code.startsWith('ER_');
}
