import type { ApiAnswer, ApiCaller } from './api-caller.ts';
import { steadily } from './steadily.ts';

/** Requests a second: below the rate that a member has. */
const PER_SECOND = 80;

const ORDER = { shopId: 'shop-1', items: [{ menuId: 'rice', quantity: 1 }], note: 'the blue door' };

/** What became of a member's requests. */
export interface MemberOutcome {
  /** From when each was due, milliseconds. */
  readonly latencies: readonly number[];
  /** Requests that were not carried out, by status and type of problem. */
  readonly refused: Readonly<Record<string, number>>;
}

/** A member who places orders and looks at them, one after the other. */
export class MemberCaller {
  readonly #caller: ApiCaller;
  #path: string | undefined;
  #calls = 0;

  constructor(caller: ApiCaller) {
    this.#caller = caller;
  }

  /** Places and looks for a while; resolves when each request was answered. */
  async send(ms: number): Promise<MemberOutcome> {
    const refused: Record<string, number> = {};
    const latencies = await steadily(PER_SECOND, ms, async (dueAt) => {
      const answer = await this.#once();
      if (answer.status >= 300) {
        const what = problemIn(answer);
        refused[what] = (refused[what] ?? 0) + 1;
      }
      return performance.now() - dueAt;
    });
    return { latencies, refused };
  }

  close(): void {
    this.#caller.close();
  }

  async #once() {
    this.#calls += 1;
    if (this.#path !== undefined && this.#calls % 2 === 0) return this.#caller.get(this.#path);
    const answer = await this.#caller.post('/v1/orders', ORDER);
    if (answer.status === 201) {
      const { number } = JSON.parse(answer.text) as { number: string };
      this.#path = `/v1/orders/${number}`;
    }
    return answer;
  }
}

function problemIn({ status, text }: ApiAnswer): string {
  const { type = '', detail = '' } = JSON.parse(text) as { type?: string; detail?: string };
  return `${status} ${type.split(':').at(-1)}: ${detail}`;
}
