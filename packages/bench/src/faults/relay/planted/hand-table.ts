import { setTimeout as sleep } from 'node:timers/promises';
import type { Producer } from '@platformatic/kafka';
import type { Connection, ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { connectPlain } from '../../connect.ts';
import type { EventRow } from '../check/rows.ts';

const LEASE_SECONDS = 5;
const PAUSE_MS = 50;
const SEND_LIMIT_MS = 3_000;
/** So many of the ids below the last one are looked at again: more than are given out while a transaction is open. */
const LOOK_BACK = 3_000n;

export type HandProducer = Producer<string, string, string, string>;

export interface HandTableOptions {
  readonly url: string;
  readonly table: string;
  readonly holder: string;
  readonly topic: string;
  readonly source: string;
  readonly connect: () => HandProducer;
}

/**
 * Relays one table as one would by hand: under a lease, batch by batch. What was committed late is found by looking at
 * many of the last ids again, with those that are published in memory; so a new holder publishes these again.
 */
export class HandTable {
  /** Whether the last attempt to send has failed. */
  failing = false;
  protected last = 0n;
  protected readonly options: HandTableOptions;
  protected readonly published = new Set<string>();
  #connection: Connection | undefined;
  #producer: HandProducer | undefined;
  #held = false;

  constructor(options: HandTableOptions) {
    this.options = options;
  }

  async run(): Promise<never> {
    for (;;) {
      try {
        await this.#step();
      } catch {
        this.#connection?.destroy();
        this.#connection = undefined;
      }
      await sleep(PAUSE_MS);
    }
  }

  /** The lowest id that is not looked at any more. */
  protected floor(): bigint {
    return this.last > LOOK_BACK ? this.last - LOOK_BACK : 0n;
  }

  /** Whether a row that is looked at again is not relayed. */
  protected passesOver(id: string): boolean {
    return this.published.has(id);
  }

  /** Publishes rows and stores that. */
  protected async relay(rows: readonly EventRow[]): Promise<void> {
    if (rows.length === 0) return;
    await this.send(rows);
    await this.settle(rows);
  }

  /** Sends until it is acknowledged, once. */
  protected async send(rows: readonly EventRow[]): Promise<void> {
    const { topic, connect } = this.options;
    const producer = (this.#producer ??= connect());
    const messages = rows.map((row) => ({
      topic,
      key: row.aggregateid,
      value: row.payload,
      headers: this.#headersOf(row),
    }));
    const limit = new AbortController();
    const sent = producer.send({ messages });
    try {
      await Promise.race([sent, late(limit.signal)]);
      this.failing = false;
    } catch (error) {
      sent.catch(() => undefined);
      this.failing = true;
      this.#producer = undefined;
      await producer.close(true).catch(() => undefined);
      throw error;
    } finally {
      limit.abort();
    }
  }

  /** Stores that rows are published. */
  protected async settle(rows: readonly EventRow[]): Promise<void> {
    for (const { id } of rows) {
      this.published.add(id);
      if (BigInt(id) > this.last) this.last = BigInt(id);
    }
    const { table, holder } = this.options;
    await this.#connection!.query(
      'UPDATE outbox_relays SET settled_id = ? WHERE table_name = ? AND holder = ?',
      [String(this.last), table, holder],
    );
  }

  async #step(): Promise<void> {
    this.#connection ??= await connectPlain(this.options.url);
    this.#connection.on('error', () => undefined);
    if (!(await this.#lease())) return;
    const [rows] = await this.#connection.query<RowDataPacket[]>(
      `SELECT id, event_id, aggregateid, type, sequence, payload, traceparent, occurred_at
         FROM ${this.options.table} WHERE id > ? ORDER BY id LIMIT 10000`,
      [String(this.floor())],
    );
    const fresh = (rows as EventRow[]).filter(({ id }) => !this.passesOver(id)).slice(0, 300);
    await this.relay(fresh);
  }

  /** Takes the lease or prolongs it. */
  async #lease(): Promise<boolean> {
    const { table, holder } = this.options;
    const connection = this.#connection!;
    await connection.query(
      `INSERT IGNORE INTO outbox_relays (table_name, holder, token, leased_until, settled_id, gaps)
       VALUES (?, '', 0, '2000-01-01', 0, '[]')`,
      [table],
    );
    const [{ affectedRows }] = await connection.query<ResultSetHeader>(
      `UPDATE outbox_relays SET token = token + IF(holder = ? AND ?, 0, 1), holder = ?,
              leased_until = UTC_TIMESTAMP(3) + INTERVAL ? SECOND
        WHERE table_name = ? AND (leased_until <= UTC_TIMESTAMP(3) OR holder = ?)`,
      [holder, this.#held, holder, LEASE_SECONDS, table, holder],
    );
    const had = this.#held;
    this.#held = affectedRows === 1;
    if (this.#held && !had) {
      const [[row]] = await connection.query<RowDataPacket[]>(
        'SELECT settled_id FROM outbox_relays WHERE table_name = ?',
        [table],
      );
      this.published.clear();
      this.last = BigInt(row!['settled_id']);
    }
    return this.#held;
  }

  #headersOf(row: EventRow): Record<string, string> {
    return {
      ce_specversion: '1.0',
      ce_id: row.event_id,
      ce_source: this.options.source,
      ce_type: row.type,
      ce_subject: row.aggregateid,
      ce_time: `${row.occurred_at.replace(' ', 'T')}Z`,
      ce_sequence: String(row.sequence),
      'content-type': 'application/json',
      ...(row.traceparent === null ? {} : { traceparent: row.traceparent }),
    };
  }
}

/** Rejects when a send has taken too long. */
async function late(signal: AbortSignal): Promise<never> {
  await sleep(SEND_LIMIT_MS, undefined, { signal });
  throw new Error('no answer');
}
