import { fileURLToPath } from 'node:url';
import { type OwnProcess, startProcess } from '@ordershard/stack';
import { type Manner, PARTIES, type PartyName } from '@ordershard/third-parties';

export const THIRD_PARTIES = fileURLToPath(new URL('../../../third-parties/src/bin.ts', import.meta.url));

/** What callbacks are signed with in these runs. */
const SECRET = 'a secret of these runs alone';

/** What a third party says of an order: every state that its demand has had, in their order. */
export interface LedgerEntry {
  readonly number: string;
  readonly amount: string;
  readonly states: readonly string[];
}

/** How often a third party was asked, and did not answer as an honest one would. */
export type FailureCounts = Readonly<
  Record<'requests' | 'cut' | 'errors' | 'lost' | 'lies' | 'late', number>
>;

/** By order number. */
export type Ledger = Readonly<Record<PartyName, ReadonlyMap<string, LedgerEntry>>>;

/** The fake third parties as a process of their own. */
export class FakeProcess {
  readonly #process: OwnProcess;
  readonly #cluster: string;

  private constructor(running: OwnProcess, cluster: string) {
    this.#process = running;
    this.#cluster = cluster;
  }

  static async start(seed: number, cluster: string): Promise<FakeProcess> {
    const running = await startProcess({
      file: THIRD_PARTIES,
      args: ['fake'],
      env: {
        ORDERSHARD_FAKE_SEED: String(seed),
        ORDERSHARD_CALLBACK_SECRET: SECRET,
        ORDERSHARD_FAKE_PORT: '0',
      },
      readyWithinMs: 120_000,
    });
    return new FakeProcess(running, cluster);
  }

  /** The variables of a worker that calls it. */
  get env(): Readonly<Record<string, string>> {
    return {
      ORDERSHARD_PAYMENT_URL: this.#url,
      ORDERSHARD_SHOP_URL: this.#url,
      ORDERSHARD_DELIVERY_URL: this.#url,
      ORDERSHARD_CALLBACK_SECRET: SECRET,
      ORDERSHARD_CALLBACK_PORT: '0',
    };
  }

  /** Changes how one of them, or each, behaves from now on. */
  async set(party: PartyName | 'all', manner: Partial<Manner>): Promise<void> {
    for (const each of party === 'all' ? PARTIES : [party]) {
      const answer = await fetch(`${this.#url}/control`, {
        method: 'PUT',
        body: JSON.stringify({ party: each, manner }),
      });
      if (answer.status !== 200) throw new Error(`the fake refused: ${await answer.text()}`);
    }
  }

  /** How often each has failed its callers. */
  async counts(): Promise<Readonly<Record<PartyName, FailureCounts>>> {
    const answer = await fetch(`${this.#url}/counts`);
    return (await answer.json()) as Record<PartyName, FailureCounts>;
  }

  async ledger(): Promise<Ledger> {
    const answer = await fetch(`${this.#url}/ledger`);
    const json = (await answer.json()) as Record<PartyName, Record<string, LedgerEntry>>;
    const of = (party: PartyName) =>
      new Map(
        Object.entries(json[party]).map(([key, entry]) => [key.slice(this.#cluster.length + 1), entry]),
      );
    return { payment: of('payment'), shop: of('shop'), delivery: of('delivery') };
  }

  async stop(): Promise<void> {
    await this.#process.stop();
  }

  async kill(): Promise<void> {
    await this.#process.kill();
  }

  get #url(): string {
    return `http://127.0.0.1:${this.#process.port}`;
  }
}
