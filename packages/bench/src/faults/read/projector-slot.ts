import { type LogLine, type OwnProcess, startProcess, TcpProxy } from '@ordershard/stack';
import { KafkaProxy } from '../relay/kafka/kafka-proxy.ts';

/** How long a process may take to answer before it is taken not to run. */
const ANSWER_MS = 1_000;
const READY_MS = 120_000;

export interface SlotOptions {
  readonly env: Readonly<Record<string, string>>;
  /** The file that is run as the projector. */
  readonly projector: string;
  /** Brokers that the projector gets before the real one. */
  readonly brokersBefore?: readonly string[];
}

/** What a projector says of itself. */
export interface Readiness {
  readonly ok: boolean;
  readonly partitions: readonly number[];
  /** Why it is not ready, and what operators have to know of. */
  readonly problems: readonly string[];
  readonly notices: readonly string[];
}

/** The place of one projector: a process, and ways of its own to MongoDB and to the broker. */
export class ProjectorSlot {
  readonly mongo: TcpProxy;
  readonly kafka: KafkaProxy;
  readonly name: string;
  readonly #options: SlotOptions;
  readonly #named: boolean;
  readonly #mongoUrl: string;
  #process: OwnProcess | undefined;

  private constructor(
    name: string,
    named: boolean,
    ways: { readonly mongo: TcpProxy; readonly mongoUrl: string; readonly kafka: KafkaProxy },
    options: SlotOptions,
  ) {
    this.name = name;
    this.#named = named;
    this.mongo = ways.mongo;
    this.kafka = ways.kafka;
    this.#mongoUrl = ways.mongoUrl;
    this.#options = options;
  }

  /** @param named whether it is a static member of its group: a process that takes its place is known by its name */
  static async open(name: string, named: boolean, options: SlotOptions): Promise<ProjectorSlot> {
    const url = new URL(options.env['ORDERSHARD_MONGODB_URL']!);
    const mongo = await TcpProxy.to(Number(url.port), url.hostname);
    const mongoUrl = `mongodb://127.0.0.1:${mongo.port}${url.pathname}?directConnection=true`;
    const kafka = await KafkaProxy.to(options.env['ORDERSHARD_KAFKA_BROKERS']!);
    return new ProjectorSlot(name, named, { mongo, mongoUrl, kafka }, options);
  }

  get pid(): number {
    return this.#running.pid;
  }

  async start(): Promise<void> {
    const { env, projector, brokersBefore = [] } = this.#options;
    this.#process = await startProcess({
      file: projector,
      args: ['project'],
      env: {
        ...env,
        ORDERSHARD_MONGODB_URL: this.#mongoUrl,
        ORDERSHARD_KAFKA_BROKERS: [...brokersBefore, this.kafka.broker].join(','),
        ORDERSHARD_HEALTH_PORT: '0',
        ...(this.#named ? { ORDERSHARD_INSTANCE_ID: this.name } : {}),
      },
      readyWithinMs: READY_MS,
    });
  }

  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    process.kill(this.pid, name);
  }

  /** Ends the process without a chance to tidy up. */
  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  /** Ends the process as a deployment does. */
  async stop(): Promise<void> {
    await this.#process?.stop(60_000);
    this.#process = undefined;
  }

  /** What the process that runs has logged. */
  get log(): readonly LogLine[] {
    return this.#running.log;
  }

  /** Undefined when it does not answer at all. */
  async readiness(): Promise<Readiness | undefined> {
    try {
      const signal = AbortSignal.timeout(ANSWER_MS);
      const response = await fetch(`http://127.0.0.1:${this.#running.port}/readyz`, { signal });
      const { partitions = [], problems = [], notices = [] } = (await response.json()) as Partial<Readiness>;
      return { ok: response.ok, partitions, problems, notices };
    } catch {
      return undefined;
    }
  }

  async close(): Promise<void> {
    await this.kill();
    await Promise.all([this.mongo.close(), this.kafka.close()]);
  }

  get #running(): OwnProcess {
    if (this.#process === undefined) throw new Error(`no projector runs in place ${this.name}`);
    return this.#process;
  }
}
