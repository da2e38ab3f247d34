import { setTimeout as sleep } from 'node:timers/promises';
import { changeOrder, type CommandParts, placeOrder, type Shop } from '@ordershard/order-service';
import { connectShardRouter, shardsFromEnv } from '@ordershard/shard-router';
import { CALLER, MENUS, placementKey, plannedOrder, SHOP } from '../write/plan.ts';
import type { Ask, AskMessage, ProcessMessage, ReadOrder, Refusal, Told, ToldOrder } from './messages.ts';

// A process of the order store, by the clock and with the map that it is given; order-client.ts starts it, and asks.

const AT_ONCE = 32;
const AGAIN_MS = 60;
/** How long a caller asks again, milliseconds of a clock that does not jump. */
const PATIENCE_MS = 90_000;
/** A clock that is off stays so for the whole run. */
const CLOCK_APART = 'ROUTER_CLOCK_APART';
/** Not said to be worth a try again, but it is: the operator is about to name the shard. */
const ALSO_AGAIN = new Set(['ROUTER_UNKNOWN_SHARD']);

const shop: Shop = { ...SHOP, menus: new Map(MENUS.map((menu) => [menu.menuId, menu])) };
let version = 0;
const router = await connectShardRouter({
  clusterId: process.env['ORDERSHARD_CLUSTER']!,
  ...shardsFromEnv(process.env),
  drainMs: 0,
  mapPollMs: Number(process.env['FAULTS_MAP_POLL_MS']),
  observer: { mapReloaded: (used) => (version = used) },
});
const parts: CommandParts = {
  router,
  catalogue: { findShop: () => Promise.resolve(shop), putShop: () => Promise.resolve('replaced') },
  source: '/ordershard/faults/orders',
  now: () => new Date(),
};

process.on('message', ({ id, ask }: AskMessage) => {
  const work = new Work();
  work.run(ask).then(
    () => tell({ id, told: work.told() }),
    (error: unknown) => tell({ id, failed: String((error as Error).stack ?? error) }),
  );
});
process.once('disconnect', () => process.exit(0));
tell({ ready: true });

function tell(message: ProcessMessage): void {
  process.send!(message);
}

/** One ask, and what it has come to. */
class Work {
  readonly #orders: ToldOrder[] = [];
  readonly #reads: ReadOrder[] = [];
  readonly #refused: Refusal[] = [];
  readonly #again: Record<string, number> = {};

  told(): Told {
    return {
      orders: this.#orders,
      reads: this.#reads,
      refused: this.#refused,
      again: this.#again,
      version,
    };
  }

  async run(ask: Ask): Promise<void> {
    if (ask.do === 'place') {
      const indexes = Array.from({ length: ask.count }, (_, at) => ask.first + at);
      await each(indexes, AT_ONCE, (index) => this.#place(index, index % ask.keyedEvery === 0));
    } else if (ask.do === 'post') {
      const times = Array.from({ length: ask.times }, () => ask.index);
      await each(times, ask.times, (index) => this.#place(index, true));
    } else if (ask.do === 'cancel') await each(ask.numbers, AT_ONCE, (number) => this.#cancel(number));
    else if (ask.do === 'read') await each(ask.numbers, AT_ONCE, (number) => this.#read(number));
  }

  async #place(index: number, keyed: boolean): Promise<void> {
    const key = placementKey(index);
    const { memberId, note, line1, lines, total } = plannedOrder(key);
    const items = lines.map(({ menuId, quantity }) => ({ menuId, quantity }));
    await this.#until(key, async () => {
      const { snapshot } = await placeOrder(
        parts,
        { memberId, shopId: SHOP.shopId, items, note, deliveryAddress: { line1 }, expectedTotal: total },
        { caller: CALLER, idempotencyKey: keyed ? key : undefined },
      );
      this.#orders.push({ ...snapshot, key, atMs: Date.now() });
    });
  }

  async #cancel(number: string): Promise<void> {
    await this.#until(number, async () => {
      const { snapshot } = await changeOrder(
        parts,
        BigInt(number),
        { type: 'cancel', by: CALLER.role, reason: 'faults' },
        { caller: CALLER, idempotencyKey: 'cancel' },
      );
      this.#orders.push({ ...snapshot, key: snapshot.note ?? '', atMs: Date.now() });
    });
  }

  async #read(number: string): Promise<void> {
    await this.#until(number, async () => {
      const [row] = await router.readRows<Omit<ReadOrder, 'number'>>(BigInt(number), {
        sql: `SELECT version, status, total, (SELECT shard_id FROM shard_identity) AS shard
                FROM orders WHERE number = ?`,
        values: [BigInt(number)],
      });
      this.#reads.push(row === undefined ? { ...NOWHERE, number } : { ...row, number });
    });
  }

  /** Does something until the answer will not change. */
  async #until(subject: string, act: () => Promise<void>): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        return await act();
      } catch (error) {
        const { code = 'NONE', retryable, message } = error as Error & { code?: string; retryable?: boolean };
        const again = (retryable === true && code !== CLOCK_APART) || ALSO_AGAIN.has(code);
        if (!again || performance.now() > end) {
          this.#refused.push({ subject, code, message });
          return undefined;
        }
        this.#again[code] = (this.#again[code] ?? 0) + 1;
        await sleep(AGAIN_MS);
      }
    }
  }
}

const NOWHERE = { shard: -1, version: 0, status: '', total: '' };

async function each<T>(items: readonly T[], atOnce: number, act: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const item of left) await act(item);
    }),
  );
}
