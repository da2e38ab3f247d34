import { setTimeout as sleep } from 'node:timers/promises';
import { mintToken, type OwnProcess } from '@ordershard/stack';
import { API, type ReadModelScene } from './scene.ts';

/** Readers of one API process, and the pause of each between two reads: a steady load, not as much as there can be. */
const READERS = 2;
const PAUSE_MS = 10;

/** How long a read may take: an API that stands still for a while fails none. */
const PATIENCE_MS = 30_000;

/** Orders of a member that are listed, and have to be there. */
export interface Watched {
  readonly memberId: string;
  readonly numbers: readonly bigint[];
}

interface Shown {
  readonly number: string;
  readonly version: number;
}

/** What readers have seen that none should. */
export class ReadFindings {
  reads = 0;
  failed = 0;
  missing = 0;
  backwards = 0;
  /** The first few in words. */
  readonly examples: string[] = [];

  add(kind: 'failed' | 'missing' | 'backwards', detail: string): void {
    this[kind] += 1;
    if (this.examples.length < 20) this.examples.push(`${kind}: ${detail}`);
  }
}

/**
 * An API process and clients that read orders and members' lists from it all the time. Lists come from the views alone,
 * so what is missing in a view is seen in them; an order by number would come from its shard.
 */
export class ApiReaders {
  readonly process: OwnProcess;
  readonly #watched: readonly Watched[];
  readonly #findings: ReadFindings;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #name: string;
  readonly #ending = new AbortController();
  #working: Promise<unknown> = Promise.resolve();

  private constructor(
    name: string,
    process: OwnProcess,
    token: string,
    watched: readonly Watched[],
    findings: ReadFindings,
  ) {
    this.#name = name;
    this.process = process;
    this.#headers = { authorization: `Bearer ${token}` };
    this.#watched = watched;
    this.#findings = findings;
  }

  static async start(
    name: string,
    scene: ReadModelScene,
    watched: readonly Watched[],
    findings: ReadFindings,
  ): Promise<ApiReaders> {
    const process = await scene.start(API, ['serve'], { ORDERSHARD_API_PORT: '0' });
    const token = await mintToken({ role: 'service', subject: 'readers', ttlSeconds: 43_200 }, scene.env);
    const readers = new ApiReaders(name, process, token, watched, findings);
    readers.#working = Promise.all(Array.from({ length: READERS }, (_, at) => readers.#read(at)));
    return readers;
  }

  /** Ends the reading; the process goes on. */
  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#working;
  }

  /** Each reader sees what it sees in an order: it remembers the last version of each. */
  async #read(reader: number): Promise<void> {
    const last = new Map<string, number>();
    for (let turn = reader; !this.#ending.signal.aborted; turn += 1) {
      const { memberId, numbers } = this.#watched[turn % this.#watched.length]!;
      const list = (await this.#get(`/v1/members/${memberId}/orders?limit=100`)) as
        { orders: Shown[] } | undefined;
      if (list !== undefined) {
        const shown = new Map(list.orders.map((order) => [order.number, order]));
        for (const number of numbers) this.#look(last, String(number), shown.get(String(number)), memberId);
      }
      const number = String(numbers[turn % numbers.length]!);
      const one = (await this.#get(`/v1/orders/${number}`)) as Shown | undefined;
      if (one !== undefined) this.#look(last, number, one, 'by number');
      await sleep(PAUSE_MS);
    }
  }

  #look(last: Map<string, number>, number: string, shown: Shown | undefined, where: string): void {
    const before = last.get(number) ?? 0;
    if (shown === undefined) {
      this.#findings.add('missing', `${this.#name}: ${number} (${where})`);
      return;
    }
    if (shown.version < before)
      this.#findings.add(
        'backwards',
        `${this.#name}: ${number} from ${before} to ${shown.version} (${where})`,
      );
    last.set(number, Math.max(before, shown.version));
  }

  async #get(path: string): Promise<unknown> {
    this.#findings.reads += 1;
    try {
      const response = await fetch(`http://127.0.0.1:${this.process.port}${path}`, {
        headers: this.#headers,
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      const body: unknown = await response.json();
      if (response.ok) return body;
      this.#findings.add('failed', `${this.#name}: ${path}: ${response.status} ${JSON.stringify(body)}`);
    } catch (error) {
      this.#findings.add('failed', `${this.#name}: ${path}: ${(error as Error).message}`);
    }
    return undefined;
  }
}
