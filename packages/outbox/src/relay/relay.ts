import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { joinMapBus, type MapBus } from '@ordershard/event-bus';
import { EVENT_TOPICS } from '@ordershard/order-events';
import { Gate, type Logger } from '@ordershard/process';
import { connectShardRouter, type ShardRouter } from '@ordershard/shard-router';
import { ORDERS_TOPIC } from '../append/topic.ts';
import type { OutboxRow } from '../sql/outbox-row.ts';
import { applyTopic } from '../topics/apply.ts';
import { checkTables } from './check-tables.ts';
import { judgeHealth } from './health.ts';
import { KafkaPublisher } from './kafka/kafka-publisher.ts';
import { TwoFormsPublisher } from './kafka/two-forms-publisher.ts';
import { SEND_LIMIT_MS } from './lease/timing.ts';
import { sourceOf, toMessage } from './message.ts';
import { RelayMetrics } from './metrics.ts';
import { pause } from './pause.ts';
import { isRetryable, retrying } from './retrying.ts';
import type { RelaySettings } from './settings.ts';
import { type RelayParts, ShardRelay } from './shard-relay.ts';

/**
 * How many sends of all tables together may run at once. Each is large: with one for each of eight tables, memory and broker
 * had so much to do at a time that it took half as long again.
 */
const SENDS_AT_ONCE = 2;

/** How long a start waits for servers that do not answer. Then it returns, and the relay waits for them in the background. */
const START_PATIENCE_MS = 5_000;

/** A relay of all shards. */
export class Relay {
  readonly #settings: RelaySettings;
  readonly #log: Logger;
  readonly #stopping = new AbortController();
  readonly #holder: string;
  readonly #instance: string;
  readonly #metrics = new RelayMetrics(ORDERS_TOPIC);
  #bus: MapBus | undefined;
  #router: ShardRouter | undefined;
  #shards: readonly ShardRelay[] = [];
  readonly #ends = new Map<number, AbortController>();
  readonly #running: Promise<void>[] = [];
  #parts: RelayParts | undefined;
  #work: Promise<unknown> = Promise.resolve();
  #waitingFor: string | undefined = 'starting';

  constructor(settings: RelaySettings, log: Logger) {
    this.#settings = settings;
    this.#log = log;
    const token = randomUUID().slice(0, 8);
    this.#holder = settings.instanceId ?? `${hostname()}:${process.pid}:${token}`.slice(-128);
    this.#instance = settings.instanceId === undefined ? this.#holder : `${settings.instanceId}#${token}`;
  }

  get health() {
    return judgeHealth(
      this.#shards.map((shard) => shard.status),
      this.#waitingFor,
    );
  }

  /** In the format of Prometheus. */
  async metrics(): Promise<string> {
    const router = this.#router;
    if (router !== undefined) await this.#metrics.look(router);
    this.#metrics.relaying(this.#shards.map((shard) => shard.status));
    return this.#metrics.text();
  }

  /**
   * Starts relaying, or goes on waiting in the background for the servers that it needs. Throws an error that waiting would
   * not change.
   */
  async start(): Promise<void> {
    const { signal } = this.#stopping;
    const setUp = this.#setUp(signal);
    this.#work = setUp.then(
      () => Promise.all(this.#running),
      (error: unknown) => {
        if (signal.aborted) return;
        this.#waitingFor = (error as Error).message;
        this.#log.fatal({ err: error }, 'cannot relay');
      },
    );
    const patience = new AbortController();
    try {
      await Promise.race([setUp, pause(START_PATIENCE_MS, patience.signal)]);
    } catch (error) {
      await this.stop();
      throw error;
    } finally {
      patience.abort();
    }
  }

  /** Looks for new rows at once, on one shard or on all, because something was written. */
  wake(shard?: number): void {
    for (const relay of this.#shards) if (shard === undefined || relay.shard === shard) relay.wake();
  }

  /** Finishes the sends in progress, stores the progress, and releases the tables. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#work;
    await Promise.all(this.#running);
    await this.#router?.close();
    this.#router = undefined;
    await this.#bus?.close();
  }

  async #setUp(signal: AbortSignal): Promise<void> {
    const { cluster, shards, brokers, topicPrefix, partitions, replication, internalEvents } = this.#settings;
    const clientId = `ordershard-relay-${this.#holder.replaceAll(':', '-')}`;
    const topic = `${topicPrefix}${ORDERS_TOPIC.topic}`;
    this.#waitingFor = 'no shard answers';
    const bus = (this.#bus = joinMapBus(
      'relay',
      cluster,
      {
        ORDERSHARD_KAFKA_BROKERS: [...brokers],
        ORDERSHARD_TOPIC_PREFIX: topicPrefix,
        ORDERSHARD_TOPIC_REPLICATION: replication,
        ORDERSHARD_INSTANCE_ID: this.#settings.instanceId,
      },
      this.#log,
    )!);
    const connect = () =>
      connectShardRouter({
        clusterId: cluster,
        ...shards,
        numbers: false,
        notifier: bus.notifier,
        observer: {
          shardAdded: (shard) => this.#relayAlso(shard),
          shardRemoved: (shard) => this.#relayNoMore(shard),
        },
      });
    const router = (this.#router = await retrying('connecting to the shards', connect, signal, this.#log));
    await this.#checkShards(router);
    this.#waitingFor = 'Kafka does not answer';
    const topics = [topic, ...(internalEvents ? [`${topicPrefix}${EVENT_TOPICS.events}`] : [])];
    for (const name of topics) {
      const made = await retrying(
        'making sure of the topic',
        () => applyTopic({ brokers, clientId }, { name, partitions, replication }),
        signal,
        this.#log,
      );
      this.#log.info({ topic: name, partitions }, `topic ${made}`);
    }
    const source = sourceOf(cluster);
    this.#parts = {
      shards: router,
      topic: ORDERS_TOPIC,
      holder: this.#holder,
      instance: this.#instance,
      gate: new Gate(SENDS_AT_ONCE),
      toMessage: (row: OutboxRow) => toMessage(row, source),
      connect: () => {
        // The sends of a batch to all topics together take no longer than one send may.
        const limitMs = SEND_LIMIT_MS / topics.length;
        const [snapshots, events] = topics.map(
          (name) => new KafkaPublisher({ brokers, clientId, topic: name, limitMs }),
        );
        return events === undefined ? snapshots! : new TwoFormsPublisher(snapshots!, events);
      },
      published: (shard: number, rows: readonly OutboxRow[]) => this.#metrics.published(shard, rows),
      log: this.#log,
    };
    for (const shard of router.allShards()) this.#relayAlso(shard);
    this.#waitingFor = undefined;
  }

  /** Relays one more shard: one that was there at the start, or one that joined the cluster later. */
  #relayAlso(shard: number): void {
    const { signal } = this.#stopping;
    // Shards that are known before the parts exist are started when the parts do.
    if (this.#parts === undefined || signal.aborted) return;
    const relay = new ShardRelay(this.#parts, shard);
    const end = new AbortController();
    this.#ends.set(shard, end);
    this.#shards = [...this.#shards, relay];
    this.#running.push(relay.run(AbortSignal.any([signal, end.signal])));
  }

  /** Ends the relay of a shard that has left the cluster. All events of that shard are published by then. */
  #relayNoMore(shard: number): void {
    this.#ends.get(shard)?.abort();
    this.#shards = this.#shards.filter((relay) => relay.shard !== shard);
    this.#log.info({ shard }, 'shard has left the cluster');
  }

  /** Throws when this release cannot relay one of the shards that answer. */
  async #checkShards(router: ShardRouter): Promise<void> {
    for (const shard of router.allShards()) {
      try {
        await router.onShard(shard, (session) => checkTables(session, ORDERS_TOPIC));
      } catch (error) {
        // The shard's own relay checks it when it answers.
        if (!isRetryable(error)) throw error;
      }
    }
  }
}
