import type { Contender } from './contender.ts';
import type { BenchOrder, OrderMaker } from './orders.ts';

/** What a contender did in one round. Latencies in milliseconds. */
export interface RoundFigures {
  /** Orders that were acknowledged. */
  readonly orders: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

/** Places orders with one contender, round by round. */
export class Runner {
  readonly contender: Contender;
  readonly #maker: OrderMaker;
  /** Orders of all rounds that were acknowledged. */
  acknowledged = 0;
  #lastOrders = 64;
  #ready: readonly BenchOrder[] = [];

  constructor(contender: Contender, maker: OrderMaker) {
    this.contender = contender;
    this.#maker = maker;
  }

  /** A round of {@link prepare} and {@link play}. */
  async round(callers: number, roundMs: number): Promise<RoundFigures> {
    this.prepare(callers);
    return this.play(callers, roundMs);
  }

  /** Makes the orders of the next round; the last round tells how many it takes. */
  prepare(callers: number): void {
    const wanted = Math.ceil(this.#lastOrders * 1.3) + callers;
    this.#ready = Array.from({ length: wanted }, () => this.#maker.make());
  }

  /**
   * Has some callers place one order after the other for a time; each waits for its answer. Should the orders run out,
   * more are made on the way.
   */
  async play(callers: number, roundMs: number): Promise<RoundFigures> {
    const latencies: number[] = [];
    const ready = this.#ready;
    let taken = 0;
    const start = performance.now();
    const end = start + roundMs;
    let finished = start;
    await Promise.all(
      Array.from({ length: callers }, async () => {
        for (let before = performance.now(); before < end; before = finished) {
          await this.contender.place(ready[taken++] ?? this.#maker.make());
          finished = performance.now();
          latencies.push(finished - before);
        }
      }),
    );
    const orders = latencies.length;
    this.acknowledged += orders;
    this.#lastOrders = orders;
    latencies.sort((a, b) => a - b);
    return {
      orders,
      perSecond: (orders / (finished - start)) * 1_000,
      p50: latencies[Math.floor(orders * 0.5)]!,
      p99: latencies[Math.min(orders - 1, Math.floor(orders * 0.99))]!,
    };
  }
}
