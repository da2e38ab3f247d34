import { until } from '../until.ts';
import type { Seeded } from '../seeded.ts';
import { WireProxy } from '../wire/wire-proxy.ts';
import { check } from './check/check.ts';
import { withPlain } from '../connect.ts';
import type { Findings } from '../findings.ts';
import { Ownership } from './check/ownership.ts';
import { Client } from './client.ts';
import { Journal } from './journal.ts';
import { Load } from './load.ts';
import type { Done, Request } from './messages.ts';
import { CLUSTER, type Servers } from './servers.ts';
import { Writer } from './writer.ts';

/** Acknowledgements of each shard after which the writing is taken to have recovered from a fault. */
const RECOVERED = 6;

export interface SceneOptions {
  readonly servers: Servers;
  readonly random: Seeded;
  readonly findings: Findings;
  /** The file of the writing process's router. */
  readonly router: string;
}

/** Whether a text commits a transaction of a writer. */
export function commits(text: string): boolean {
  return /\bCOMMIT;?\s*$/.test(text) && text.includes('orders');
}

/** The scene of the faults: servers, proxies before them, a process that writes, and callers that keep it busy. */
export class Scene {
  readonly servers: Servers;
  readonly random: Seeded;
  readonly findings: Findings;
  readonly journal: Journal;
  readonly client: Client;
  readonly load: Load;
  /** Position = shard id. */
  readonly proxies: readonly WireProxy[];
  readonly ownership: Ownership;
  readonly #router: string;
  readonly #acked: number[];
  #broken: unknown;

  private constructor(
    { servers, random, findings, router }: SceneOptions,
    proxies: readonly WireProxy[],
    ownership: Ownership,
    writer: Promise<Writer>,
  ) {
    this.servers = servers;
    this.random = random;
    this.findings = findings;
    this.proxies = proxies;
    this.ownership = ownership;
    this.#router = router;
    this.#acked = servers.urls.map(() => 0);
    this.journal = new Journal(findings);
    this.client = new Client(writer, this.journal, findings, (request, done) => this.#note(request, done));
    this.load = new Load(this.client, random);
  }

  /** Starts all of it; the callers are at work. */
  static async open(options: SceneOptions): Promise<Scene> {
    const { urls } = options.servers;
    const proxies = await Promise.all(urls.map((url) => WireProxy.to(url)));
    try {
      const ownership = await withPlain(urls, (connections) => Ownership.read(connections));
      const writer = await Writer.start(writerOptions(proxies, options.router));
      const scene = new Scene(options, proxies, ownership, Promise.resolve(writer));
      scene.load.start().catch((error: unknown) => (scene.#broken = error));
      return scene;
    } catch (error) {
      await Promise.all(proxies.map((proxy) => proxy.close()));
      throw error;
    }
  }

  /** The shard that owned a number at the start, and owns it whenever no fault is being done. */
  shardOf(number: string): number {
    return this.ownership.ofNumber(number)!;
  }

  /** Starts a new writing process in the place of the one that is gone. */
  async replaceWriter(): Promise<Writer> {
    const starting = Writer.start(writerOptions(this.proxies, this.#router));
    this.client.use(starting);
    return starting;
  }

  /** Resolves when `holds`; fails at once when the load or the writing process has failed by itself. */
  async until(what: string, holds: () => boolean): Promise<void> {
    const writer = await this.client.writer;
    await until(what, () => {
      if (this.#broken !== undefined) throw this.#broken;
      if (writer.gone) throw new Error(`the writer ended by itself: ${writer.said}`);
      return holds();
    });
  }

  /** Resolves when the next transaction is on its way to a shard. */
  async nextCommit(shard: number): Promise<void> {
    let seen = false;
    const stop = this.proxies[shard]!.onText((text) => (seen ||= commits(text)));
    try {
      await this.until('a transaction', () => seen);
    } finally {
      stop();
    }
  }

  /** Resolves when every shard has acknowledged writes anew. */
  async recovered(): Promise<void> {
    const before = [...this.#acked];
    await this.until('every shard to acknowledge writes again', () =>
      this.#acked.every((count, shard) => count >= before[shard]! + RECOVERED),
    );
  }

  /** Waits until all requests are answered, compares the rows with the answers, and goes on. */
  async check(): Promise<void> {
    await this.load.pause();
    await Promise.all(this.proxies.map((proxy) => proxy.settled()));
    await check(this.servers.urls, this.journal, this.findings);
    this.load.resume();
  }

  /** Ends callers, process and proxies. Waits for the answers to all requests first, unless `now`. */
  async close(now = false): Promise<void> {
    if (now) this.client.close();
    await this.load.end();
    await (await this.client.writer).kill();
    await Promise.all(this.proxies.map((proxy) => proxy.close()));
  }

  #note(request: Request, { number }: Done): void {
    if (request.kind === 'poison') return;
    const shard = this.shardOf(number);
    this.#acked[shard] = this.#acked[shard]! + 1;
  }
}

function writerOptions(proxies: readonly WireProxy[], router: string) {
  return { clusterId: CLUSTER, urls: proxies.map(({ url }) => url), router };
}
