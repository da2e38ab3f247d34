import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ShardSession } from '@ordershard/shard-router';
import { ORDERS_TOPIC, outboxTableOf, outboxTablesOf } from '../append/topic.ts';
import {
  NothingSelectedError,
  RepublishTargetError,
  RepublishUnfinishedError,
  SelectorError,
} from '../errors.ts';
import { KafkaPublisher } from '../relay/kafka/kafka-publisher.ts';
import { type Message, sourceOf, toMessage } from '../relay/message.ts';
import { decodeRanges } from '../relay/progress/id-range.ts';
import type { RelaySettings } from '../relay/settings.ts';
import type { Shards } from '../relay/shards.ts';
import { withShards } from '../relay/with-shards.ts';
import type { OutboxRow } from '../sql/outbox-row.ts';
import { type EngineRow, readEngines } from '../sql/read-engines.ts';
import { countRun, finishRun, insertRun } from '../sql/republish/runs.ts';
import {
  countSelected,
  readSelected,
  type Published,
  type SelectedCount,
} from '../sql/republish/selected-rows.ts';
import { type Selection, selectionOf, type Selector } from './selector.ts';

/** Headers of a message that is published again: the id of the run, and the time when the run began. */
export const REPUBLISHED_HEADER = 'ordershard-republished';
export const REPUBLISHED_AT_HEADER = 'ordershard-republished-at';

const PAGE_ROWS = 500;
const DEFAULT_RATE = 2_000;

export interface RepublishOptions {
  readonly selector: Selector;
  /** Counts only. */
  readonly dryRun?: boolean;
  /** Another Kafka topic than the events' own, without a prefix. */
  readonly toTopic?: string | undefined;
  /** Events a second at the most; default 2,000. */
  readonly rate?: number | undefined;
  /** Who does it, and why, for the record. */
  readonly by: string;
  readonly reason: string;
  /**
   * Called with each row before it is sent. Returns the row to send in its place, or `skip`: for data that must not go out
   * any more.
   */
  readonly transform?: ((row: OutboxRow) => OutboxRow | 'skip') | undefined;
  /** Called with the number of events sent so far, and the total. */
  readonly progress?: ((sent: number, of: number) => void) | undefined;
}

/** What was, or would be, published again from one table. */
export interface RepublishedTable extends SelectedCount {
  readonly shard: number;
  readonly table: string;
  readonly topic: string;
  /** Events sent. */
  readonly sent: number;
  /** Events that Kafka refused for their content, or that the transform skipped. */
  readonly notSent: number;
}

export interface RepublishReport {
  readonly run: string;
  readonly dryRun: boolean;
  readonly tables: readonly RepublishedTable[];
}

/**
 * Publishes events again from their outbox rows, unchanged except for headers that mark them. The relay goes on at the same
 * time. Each order's events come in their order. Only published events are published again: the relay publishes the others.
 *
 * @throws SelectorError when nothing is selected, or a value is malformed
 * @throws ShardUnavailableError when a shard does not answer before anything is sent
 * @throws NothingSelectedError when the selection matches no row. Nothing was sent
 * @throws RepublishTargetError for a table that Debezium publishes, unless another topic is given. Nothing was sent
 * @throws RepublishUnfinishedError when a shard or Kafka fails on the way; the error says what was done
 */
export async function republish(
  settings: RelaySettings,
  options: RepublishOptions,
): Promise<RepublishReport> {
  const selection = selectionOf(options.selector);
  const { rate = DEFAULT_RATE } = options;
  if (!(rate > 0)) throw new SelectorError('the rate is not above 0');
  return withShards(settings, async (shards) => {
    const run = new Run(settings, options, selection, shards);
    return run.play();
  });
}

/** A table with selected events. */
interface Plan {
  readonly shard: number;
  readonly table: string;
  readonly published: Published;
  readonly count: SelectedCount;
}

class Run {
  readonly #id = randomUUID();
  readonly #at = new Date().toISOString();
  readonly #settings: RelaySettings;
  readonly #options: RepublishOptions;
  readonly #selection: Selection;
  readonly #shards: Shards;
  readonly #done: RepublishedTable[] = [];
  #sent = 0;
  #begunAt = 0;

  constructor(settings: RelaySettings, options: RepublishOptions, selection: Selection, shards: Shards) {
    this.#settings = settings;
    this.#options = options;
    this.#selection = selection;
    this.#shards = shards;
  }

  async play(): Promise<RepublishReport> {
    const { dryRun = false } = this.#options;
    const plans = await this.#plan();
    const total = plans.reduce((sum, { count }) => sum + count.events, 0);
    if (total === 0) {
      const unpublished = plans.reduce((sum, { count }) => sum + count.unpublished, 0);
      throw new NothingSelectedError(
        unpublished === 0
          ? 'no event is meant'
          : `${unpublished} events are meant, none of which is published yet`,
      );
    }
    if (dryRun) return this.#report(plans.map((plan) => this.#result(plan, 0, 0)));
    const publisher = new KafkaPublisher({
      brokers: this.#settings.brokers,
      clientId: `ordershard-republish-${this.#id}`,
      topic: this.#topic,
    });
    this.#begunAt = performance.now();
    try {
      for (const [shard, mine] of Map.groupBy(plans, (plan) => plan.shard))
        await this.#playShard(shard, mine, publisher, total);
    } catch (cause) {
      const done = this.#done
        .map(({ shard, table, sent }) => `all ${sent} of shard ${shard} ${table}`)
        .join(', ');
      throw new RepublishUnfinishedError(
        `run ${this.#id} has failed: ${(cause as Error).message}; sent ${this.#sent} of ${total} events (done: ${done || 'no table'})`,
        { cause },
      );
    } finally {
      await publisher.close();
    }
    return this.#report(this.#done);
  }

  get #topic(): string {
    return `${this.#settings.topicPrefix}${this.#options.toTopic ?? ORDERS_TOPIC.topic}`;
  }

  async #plan(): Promise<Plan[]> {
    const { shard: only, topic } = this.#options.selector;
    if (topic !== undefined && topic !== ORDERS_TOPIC.name)
      throw new NothingSelectedError(`there is no outbox of a topic ${topic}`);
    const all = this.#shards.allShards();
    if (only !== undefined && !all.includes(only))
      throw new NothingSelectedError(`there is no shard ${only}`);
    const plans: Plan[] = [];
    for (const shard of only === undefined ? all : [only])
      plans.push(...(await this.#shards.onShard(shard, (session) => this.#planShard(session))));
    return plans;
  }

  async #planShard(session: ShardSession): Promise<Plan[]> {
    const engines = new Map((await readEngines(session)).map((row) => [row.table, row]));
    const plans: Plan[] = [];
    for (const table of this.#tables()) {
      const published = this.#publishedOf(session.shard, table, engines.get(table));
      const count = await countSelected(session, table, this.#selection, published);
      if (count.events + count.unpublished > 0) plans.push({ shard: session.shard, table, published, count });
    }
    return plans;
  }

  /** Returns the tables that can hold the selected events. An order always uses the same table. */
  #tables(): readonly string[] {
    const { orders, events } = this.#selection;
    const all = outboxTablesOf(ORDERS_TOPIC);
    if (orders.length === 0 && events.length === 0) return all;
    const numbers = [...orders, ...events.map((id) => id.slice(0, id.lastIndexOf('-')))];
    const theirs = new Set(numbers.map((number) => outboxTableOf(ORDERS_TOPIC, number)));
    return all.filter((table) => theirs.has(table));
  }

  #publishedOf(shard: number, table: string, row: EngineRow | undefined): Published {
    if (row === undefined) return { settledId: 0n, gaps: [] };
    if (row.engine === 'connect' && this.#options.toTopic === undefined)
      throw new RepublishTargetError(
        `shard ${shard}: ${table} is published by Debezium, how far is not known here: name another topic to send to`,
      );
    return { settledId: row.settledId, gaps: decodeRanges(row.gaps) };
  }

  async #playShard(
    shard: number,
    plans: readonly Plan[],
    publisher: KafkaPublisher,
    total: number,
  ): Promise<void> {
    const { by, reason, selector } = this.#options;
    const about = { run: this.#id, by, reason, selector: JSON.stringify(selector), topic: this.#topic };
    await this.#shards.onShard(shard, (session) => insertRun(session, about));
    const before = this.#sent;
    try {
      for (const plan of plans) this.#done.push(await this.#playTable(plan, publisher, total));
    } catch (error) {
      // Store how much was sent. A run without an end was cut off.
      await this.#shards
        .onShard(shard, (session) => countRun(session, this.#id, this.#sent - before))
        .catch(() => undefined);
      throw error;
    }
    await this.#shards.onShard(shard, (session) => finishRun(session, this.#id, this.#sent - before));
  }

  async #playTable(plan: Plan, publisher: KafkaPublisher, total: number): Promise<RepublishedTable> {
    const { shard, table, published } = plan;
    let above = 0n;
    let sent = 0;
    let notSent = 0;
    for (;;) {
      const rows = await this.#shards.onShard(shard, (session) =>
        readSelected(session, table, this.#selection, published, above, PAGE_ROWS),
      );
      if (rows.length === 0) return this.#result(plan, sent, notSent);
      above = rows.at(-1)!.id;
      const messages = this.#messagesOf(rows);
      const withheld = messages.length === 0 ? [] : await publisher.publish(messages);
      sent += messages.length - withheld.length;
      notSent += rows.length - messages.length + withheld.length;
      this.#sent += messages.length - withheld.length;
      this.#options.progress?.(this.#sent, total);
      await this.#keepRate();
    }
  }

  #messagesOf(rows: readonly OutboxRow[]): Message[] {
    const source = sourceOf(this.#settings.cluster);
    const { transform = (row: OutboxRow) => row } = this.#options;
    return rows.flatMap((row) => {
      const changed = transform(row);
      if (changed === 'skip') return [];
      const message = toMessage(changed, source);
      const marks = { [REPUBLISHED_HEADER]: this.#id, [REPUBLISHED_AT_HEADER]: this.#at };
      return { ...message, headers: { ...message.headers, ...marks } };
    });
  }

  /** Waits for as long as the run is ahead of its rate. */
  async #keepRate(): Promise<void> {
    const { rate = DEFAULT_RATE } = this.#options;
    const aheadMs = (this.#sent / rate) * 1_000 - (performance.now() - this.#begunAt);
    if (aheadMs > 1) await sleep(aheadMs);
  }

  #result({ shard, table, count }: Plan, sent: number, notSent: number): RepublishedTable {
    return { shard, table, topic: this.#topic, ...count, sent, notSent };
  }

  #report(tables: readonly RepublishedTable[]): RepublishReport {
    return { run: this.#id, dryRun: this.#options.dryRun === true, tables };
  }
}
