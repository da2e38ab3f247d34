import {
  changeOrder,
  type CommandParts,
  type CommandRouter,
  type Outcome,
  placeOrder,
  type Shop,
} from '@ordershard/order-service';
import type { ShardRouter } from '@ordershard/shard-router';
import type { Answer, Request } from './messages.ts';
import { CALLER, MENUS, plannedOrder, SHOP } from './plan.ts';
import { poisonUnit } from './poison-unit.ts';

/** What the writing process needs of a router. Routers with a planted bug stand in for it. */
export type WritingRouter = CommandRouter & Pick<ShardRouter, 'bucketOf' | 'close'>;

/** What a module of a router exports. */
export interface RouterModule {
  openRouter(clusterId: string, urls: readonly string[]): Promise<WritingRouter>;
}

const shop: Shop = { ...SHOP, menus: new Map(MENUS.map((menu) => [menu.menuId, menu])) };

/** Carries out requests with the order service's own commands. */
export class Answering {
  readonly #router: WritingRouter;
  readonly #parts: CommandParts;

  constructor(router: WritingRouter) {
    this.#router = router;
    this.#parts = {
      router,
      catalogue: { findShop: () => Promise.resolve(shop), putShop: () => Promise.resolve('replaced') },
      source: '/ordershard/faults/orders',
      now: () => new Date(),
    };
  }

  async answer(request: Request): Promise<Answer> {
    try {
      if (request.kind === 'poison') return await this.#poison(request);
      if (request.kind === 'read') return await this.#read(request.number);
      const { snapshot } = await this.#carryOut(request);
      const { number, version, status, total } = snapshot;
      return { ok: true, number, version, status, total };
    } catch (error) {
      return failure(error);
    }
  }

  #carryOut(request: Extract<Request, { kind: 'place' | 'change' }>): Promise<Outcome> {
    const context = { caller: CALLER, idempotencyKey: request.key };
    if (request.kind === 'change') {
      const command = { type: request.step, by: CALLER.role };
      return changeOrder(this.#parts, BigInt(request.number), command, context);
    }
    const { memberId, note, line1, lines, total } = plannedOrder(request.key);
    const items = lines.map(({ menuId, quantity }) => ({ menuId, quantity }));
    return placeOrder(
      this.#parts,
      { memberId, shopId: SHOP.shopId, items, note, deliveryAddress: { line1 }, expectedTotal: total },
      context,
    );
  }

  /** Reads an order from its owner. One that is not there is version 0. */
  async #read(number: string): Promise<Answer> {
    const [row] = await this.#router.readRows<{ version: number; status: string; total: string }>(
      BigInt(number),
      {
        sql: 'SELECT version, status, total FROM orders WHERE number = ?',
        values: [BigInt(number)],
      },
    );
    return { ok: true, number, version: 0, status: '', total: '', ...row };
  }

  async #poison({ poison, key, number }: Extract<Request, { kind: 'poison' }>): Promise<Answer> {
    const { target, unit } = poisonUnit(this.#router, poison, key, BigInt(number));
    await this.#router.write(target, unit);
    return { ok: true, number: String(target.number), version: 1, status: 'created', total: '0' };
  }
}

function failure(error: unknown): Answer {
  const { code, retryable, message } = error as { code?: string; retryable?: boolean; message: string };
  const unknown = code === 'ROUTER_UNKNOWN_OUTCOME';
  return { ok: false, code: code ?? 'NONE', message, again: retryable === true || unknown, unknown };
}
