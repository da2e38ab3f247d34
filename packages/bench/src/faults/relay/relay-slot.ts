import { type OwnProcess, startProcess } from '@ordershard/stack';
import { until } from '../until.ts';
import { WireProxy } from '../wire/wire-proxy.ts';
import { KafkaProxy } from './kafka/kafka-proxy.ts';
import { CLUSTER, type Servers } from './servers.ts';

/** How long a process may take to answer before it is taken not to run. */
const ANSWER_MS = 500;
const READY_MS = 120_000;

/** What a relay is at, as far as can be seen from outside. */
export type Moment = 'it reads' | 'it sends' | 'any';

export interface SlotOptions {
  readonly servers: Servers;
  readonly topicPrefix: string;
  /** The file that is run as the relay. */
  readonly relay: string;
}

/** The place of one relay: a process, and ways of its own to the broker and to each shard. */
export class RelaySlot {
  readonly kafka: KafkaProxy;
  /** Position = shard id. */
  readonly shards: readonly WireProxy[];
  readonly #index: number;
  readonly #options: SlotOptions;
  #process: OwnProcess | undefined;
  #starts = 0;
  #holder = '';

  private constructor(index: number, options: SlotOptions, kafka: KafkaProxy, shards: readonly WireProxy[]) {
    this.#index = index;
    this.#options = options;
    this.kafka = kafka;
    this.shards = shards;
  }

  static async open(index: number, options: SlotOptions): Promise<RelaySlot> {
    const { urls, brokers } = options.servers;
    const shards = await Promise.all(urls.map((url) => WireProxy.to(url)));
    return new RelaySlot(index, options, await KafkaProxy.to(brokers), shards);
  }

  /** Its name in `outbox_relays`. */
  get holder(): string {
    return this.#holder;
  }

  get pid(): number {
    return this.#running.pid;
  }

  /** Starts a process, under the name of the last one if that is asked for, and resolves when it says that it is ready. */
  async start(sameName = false): Promise<void> {
    if (!sameName || this.#starts === 0) this.#starts += 1;
    this.#holder = `relay-${this.#index}-${this.#starts}`;
    this.#process = await startProcess({
      file: this.#options.relay,
      args: ['relay'],
      env: {
        ORDERSHARD_CLUSTER: CLUSTER,
        ORDERSHARD_MYSQL_URLS: this.shards.map(({ url }) => url).join(','),
        ORDERSHARD_KAFKA_BROKERS: this.kafka.broker,
        ORDERSHARD_TOPIC_PREFIX: this.#options.topicPrefix,
        ORDERSHARD_INSTANCE_ID: this.#holder,
        ORDERSHARD_HEALTH_PORT: '0',
      },
      readyWithinMs: READY_MS,
    });
  }

  /** Sends SIGSTOP or SIGCONT. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    process.kill(this.pid, name);
  }

  /** Ends the process without a chance to tidy up. */
  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  /** The status of its readiness; undefined when it does not answer at all. */
  async readiness(): Promise<number | undefined> {
    try {
      const signal = AbortSignal.timeout(ANSWER_MS);
      const response = await fetch(`http://127.0.0.1:${this.#running.port}/readyz`, { signal });
      await response.arrayBuffer();
      return response.status;
    } catch {
      return undefined;
    }
  }

  /** Calls `act` the very moment that the relay is next at something. */
  async at(moment: Moment, act: () => void): Promise<void> {
    if (moment === 'any') {
      act();
      return;
    }
    let done = false;
    const once = () => {
      if (done) return;
      done = true;
      act();
    };
    const stops =
      moment === 'it sends'
        ? [this.kafka.onProduce(once)]
        : this.shards.map((shard) => shard.onText((text) => /FROM outbox_orders_/.test(text) && once()));
    try {
      await until(`${this.#holder}: ${moment}`, () => done);
    } finally {
      for (const stop of stops) stop();
    }
  }

  /** The end of what it has logged. */
  get said(): string {
    return this.#running.log
      .slice(-5)
      .map((line) => JSON.stringify(line))
      .join('\n');
  }

  async close(): Promise<void> {
    await this.kill();
    await Promise.all([this.kafka.close(), ...this.shards.map((shard) => shard.close())]);
  }

  get #running(): OwnProcess {
    if (this.#process === undefined) throw new Error(`no relay runs in place ${this.#index}`);
    return this.#process;
  }
}
