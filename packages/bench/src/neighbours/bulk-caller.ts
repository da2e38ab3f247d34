import type { ApiAnswer, ApiCaller } from './api-caller.ts';
import { steadily } from './steadily.ts';

/** As many lines as a bulk change may have. */
export const LINES = 500;

/** Bulk changes a second. */
const PER_SECOND = 10;

/** What became of bulk changes, and of the lines of those that were answered. */
export interface BulkOutcome {
  readonly requests: number;
  /** Requests for which no orders were left, because too many waited for their answers. */
  readonly unsent: number;
  /** Requests that got 429 or 503. */
  readonly refused: number;
  readonly linesDone: number;
  readonly linesFailed: number;
}

/** Lines of one bulk change. */
type Block = readonly object[];

/** A caller who pays and cancels many orders at once; every line that is carried out changes an order. */
export class BulkCaller {
  readonly #caller: ApiCaller;
  readonly #blocks: Block[];

  constructor(caller: ApiCaller, orders: readonly bigint[]) {
    this.#caller = caller;
    const blocksOf = (line: object) =>
      Array.from({ length: Math.floor(orders.length / LINES) }, (_, block) =>
        orders.slice(block * LINES, (block + 1) * LINES).map((number) => ({ number: `${number}`, ...line })),
      );
    this.#blocks = [...blocksOf({ command: 'pay' }), ...blocksOf({ command: 'cancel', reason: 'too many' })];
  }

  /**
   * Sends bulk changes for a while; resolves when each was answered. A refused request counts as refused; its changes go into
   * a later one.
   */
  async send(ms: number): Promise<BulkOutcome> {
    const answers = await steadily(PER_SECOND, ms, () => this.#change());
    const lines = answers.flatMap((answer) =>
      typeof answer === 'string'
        ? []
        : (JSON.parse(answer.text) as { results: { status: number }[] }).results,
    );
    const linesDone = lines.filter(({ status }) => status === 200).length;
    return {
      requests: answers.length,
      unsent: answers.filter((answer) => answer === 'unsent').length,
      refused: answers.filter((answer) => answer === 'refused').length,
      linesDone,
      linesFailed: lines.length - linesDone,
    };
  }

  close(): void {
    this.#caller.close();
  }

  /** Resolves to the answer. It is read later, when no latency is measured. */
  async #change(): Promise<ApiAnswer | 'refused' | 'unsent'> {
    const changes = this.#blocks.shift();
    if (changes === undefined) return 'unsent';
    const answer = await this.#caller.post('/v1/order-changes', { changes });
    const { status, text } = answer;
    if (status === 200) return answer;
    if (status !== 429 && status !== 503) throw new Error(`a bulk change was answered ${status}: ${text}`);
    // Puts them in front of later changes: an order is paid before it is cancelled.
    this.#blocks.unshift(changes);
    return 'refused';
  }
}
