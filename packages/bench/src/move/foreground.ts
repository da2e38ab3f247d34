import { changeOrder, type CommandParts, placeOrder } from '@ordershard/order-service';
import { connectShardRouter, type ShardRouter, shardsFromEnv } from '@ordershard/shard-router';
import { CALLER, MENUS, SHOP } from '../faults/write/plan.ts';
import { CLUSTER, type Store } from './store.ts';

/** What callers saw over some time. Latencies in milliseconds, from when a request was due. */
export interface Seen {
  readonly latencies: readonly number[];
  readonly failed: number;
}

/** Orders that can be changed, at the most. */
const KNOWN = 5_000;

/** Callers of an order store. Their requests come at an even pace, whatever becomes of earlier ones. */
export class Foreground {
  readonly router: ShardRouter;
  readonly #parts: CommandParts;
  readonly #perSecond: number;
  #numbers: bigint[] = [];
  #count = 0;

  private constructor(router: ShardRouter, perSecond: number) {
    this.router = router;
    this.#perSecond = perSecond;
    const shop = { ...SHOP, menus: new Map(MENUS.map((menu) => [menu.menuId, menu])) };
    this.#parts = {
      router,
      catalogue: { findShop: () => Promise.resolve(shop), putShop: () => Promise.resolve('replaced') },
      source: '/bench/move',
      now: () => new Date(),
    };
  }

  static async open(store: Store, perSecond: number): Promise<Foreground> {
    const router = await connectShardRouter({
      clusterId: CLUSTER,
      ...shardsFromEnv(store.env),
      mapPollMs: 1_000,
    });
    return new Foreground(router, perSecond);
  }

  /** Makes requests until `until` resolves, then waits for those under way. */
  async during(until: Promise<unknown>): Promise<Seen> {
    const latencies: number[] = [];
    let failed = 0;
    const asking = { on: true };
    until.then(
      () => (asking.on = false),
      () => (asking.on = false),
    );
    const asked = new Set<Promise<void>>();
    const begun = performance.now();
    for (let sent = 0; asking.on; sent += 1) {
      const due = begun + (sent * 1_000) / this.#perSecond;
      const wait = due - performance.now();
      if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
      const one = this.#one(sent).then(
        () => void latencies.push(performance.now() - due),
        () => void (failed += 1),
      );
      asked.add(one);
      void one.then(() => asked.delete(one));
    }
    await Promise.all(asked);
    return { latencies, failed };
  }

  /** A request in turn: an order is placed, one is read, one is changed. */
  async #one(turn: number): Promise<void> {
    this.#count += 1;
    const context = { caller: CALLER, idempotencyKey: `bench-${process.pid}-${this.#count}` };
    const number = this.#numbers[turn % Math.max(1, this.#numbers.length)];
    if (turn % 3 === 1 && number !== undefined) {
      await this.router.readRows(number, {
        sql: 'SELECT version, status FROM orders WHERE number = ?',
        values: [number],
      });
      return;
    }
    const next = turn % 3 === 2 ? this.#numbers.shift() : undefined;
    if (next !== undefined) {
      await changeOrder(this.#parts, next, { type: 'pay', by: CALLER.role }, context);
      return;
    }
    const { snapshot } = await placeOrder(
      this.#parts,
      {
        memberId: 'm-1',
        shopId: SHOP.shopId,
        items: [{ menuId: MENUS[turn % MENUS.length]!.menuId, quantity: 1 }],
      },
      context,
    );
    if (this.#numbers.length < KNOWN) this.#numbers.push(BigInt(snapshot.number));
  }

  async close(): Promise<void> {
    await this.router.close();
  }
}
