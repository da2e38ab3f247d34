import { fileURLToPath } from 'node:url';
import { CLUSTER, type Store } from '../../move/store.ts';
import type { Findings } from '../findings.ts';
import { type Seeded, seededFrom } from '../seeded.ts';
import { Client } from '../write/client.ts';
import { Journal } from '../write/journal.ts';
import { Load } from '../write/load.ts';
import type { Done, Request } from '../write/messages.ts';
import { Writer } from '../write/writer.ts';

const ROUTER = fileURLToPath(new URL('file-router.ts', import.meta.url));

/** Orders that are placed at once before anything moves. */
const PREFILL_CALLERS = 256;
const READERS = 8;
/** How long a reader rests between two reads, milliseconds: at ease, and at work. */
const READ_EVERY_MS = { ease: 1_000, work: 10 } as const;
/** Callers that write while the crew is at ease. */
const CALLERS_AT_EASE = 2;

/** Processes that write and read, callers that keep them busy, and a journal of their answers. */
export class Crew {
  readonly journal: Journal;
  readonly client: Client;
  readonly load: Load;
  /** Reads that were answered. */
  reads = 0;
  /** Answers to writes and reads since the start, for code that waits for more of them. */
  answered = 0;
  /** The numbers of all orders that were placed, in the order of their answers. */
  readonly placed: string[] = [];
  /** When set, is called for each answer. */
  onAnswer: ((number: string) => void) | undefined;
  #readEveryMs: number = READ_EVERY_MS.work;
  readonly #findings: Findings;
  readonly #random: Seeded;
  readonly #writers: readonly Writer[];
  #numbers: string[] = [];
  #broken: unknown;
  #reading: Promise<unknown> = Promise.resolve();
  #stopping = false;
  #paused: Promise<void> | undefined;
  #goOn: (() => void) | undefined;
  #readersAtWork = 0;

  private constructor(writers: readonly Writer[], random: Seeded, findings: Findings) {
    this.#writers = writers;
    this.#findings = findings;
    this.#random = seededFrom(random);
    this.journal = new Journal(findings);
    this.client = new Client(Promise.resolve(writers[0]!), this.journal, findings, (request, done) =>
      this.#note(request, done),
    );
    this.client.also.push(...writers.slice(1));
    this.load = new Load(this.client, seededFrom(random));
  }

  /** Starts this many processes. They have no requests yet. */
  static async open(store: Store, processes: number, random: Seeded, findings: Findings): Promise<Crew> {
    const writers: Writer[] = [];
    for (let i = 0; i < processes; i += 1)
      writers.push(
        await Writer.start({ clusterId: CLUSTER, urls: store.urls, router: ROUTER, env: store.env }),
      );
    return new Crew(writers, random, findings);
  }

  /** Places `count` orders as fast as possible. */
  async fill(count: number, progress: (message: string) => void): Promise<void> {
    let left = count;
    await Promise.all(
      Array.from({ length: PREFILL_CALLERS }, async () => {
        while (left > 0) {
          left -= 1;
          if (left % 25_000 === 0) progress(`${count - left} orders placed`);
          await this.client.expect({ kind: 'place', key: this.load.nextKey() });
        }
      }),
    );
  }

  /** Sets callers and readers to work. */
  start(): void {
    this.load.start().catch((error: unknown) => (this.#broken = error));
    this.#reading = Promise.all(Array.from({ length: READERS }, () => this.#read()));
    this.#reading.catch((error: unknown) => (this.#broken = error));
  }

  /** Throws when callers or a process have failed by themselves. */
  check(): void {
    if (this.#broken !== undefined) throw this.#broken;
    const gone = this.#writers.find((writer) => writer.gone);
    if (gone !== undefined) throw new Error(`a process that writes ended by itself: ${gone.said}`);
  }

  /** Makes callers and readers let go of orders that something has happened to. */
  forget(isGone: (number: string) => boolean): void {
    this.load.forget(isGone);
    this.#numbers = this.#numbers.filter((number) => !isGone(number));
  }

  /** Sets the pace of callers and readers from now on: at ease few write and read, so that others have the machine. */
  pace(pace: 'ease' | 'work'): void {
    this.#readEveryMs = READ_EVERY_MS[pace];
    this.load.callersAtWork = pace === 'ease' ? CALLERS_AT_EASE : Infinity;
  }

  /** Waits until all requests are answered, and holds callers and readers until {@link goOn}. */
  async pause(): Promise<void> {
    this.#paused = new Promise((resolve) => (this.#goOn = resolve));
    await this.load.pause();
    while (this.#readersAtWork > 0) await new Promise((resolve) => setTimeout(resolve, READ_EVERY_MS.work));
  }

  goOn(): void {
    this.#paused = undefined;
    this.#goOn?.();
    this.load.resume();
  }

  /** Waits until all requests are answered, and makes no more. */
  async rest(): Promise<void> {
    this.#stopping = true;
    this.#goOn?.();
    await this.load.pause();
    await this.#reading;
    this.check();
  }

  /** Ends processes and callers. */
  async close(): Promise<void> {
    this.#stopping = true;
    this.#goOn?.();
    this.client.close();
    await this.load.end();
    await Promise.allSettled([this.#reading]);
    await Promise.all(this.#writers.map((writer) => writer.kill()));
  }

  /** The highest number that was acknowledged. */
  get highest(): bigint {
    return this.#numbers.reduce((highest, number) => {
      const value = BigInt(number);
      return value > highest ? value : highest;
    }, 0n);
  }

  async #read(): Promise<void> {
    while (!this.#stopping) {
      await this.#paused;
      this.#readersAtWork += 1;
      try {
        await this.#readOne();
      } finally {
        this.#readersAtWork -= 1;
      }
      await new Promise((resolve) => setTimeout(resolve, this.#readEveryMs));
    }
  }

  async #readOne(): Promise<void> {
    const number = this.#random.pick(this.#numbers);
    const known = this.versionOf(number);
    const answer = await this.client.request({ kind: 'read', key: `read ${number}`, number });
    this.reads += 1;
    if (!answer.ok) this.#findings.add('mismatched', number, `a read was refused: ${answer.code}`);
    else if (answer.version < known)
      this.#findings.add('lost', number, `read at version ${answer.version}, acknowledged ${known} before`);
  }

  /** The version that an order was acknowledged to have. */
  versionOf(number: string): number {
    const changes = this.journal.orders.get(number)?.changes.values() ?? [];
    return Math.max(1, ...[...changes].map(({ version }) => version ?? 1));
  }

  #note(request: Request, { number }: Done): void {
    this.answered += 1;
    this.onAnswer?.(number);
    if (request.kind !== 'place') return;
    this.placed.push(number);
    this.#numbers.push(number);
  }
}
