import type { Basket } from './order.ts';
import { type Random, randomOf } from './random.ts';
import { type Caller, type Command, type Status, WAY } from './states.ts';

/**
 * How a client sends a request with an idempotency key: once; twice at the same time; again after the answer; or again
 * after a time-out of its own, with the first answer dropped.
 */
export type Sending = 'once' | 'twin' | 'again' | 'lost';

/** One thing that a client does with an order that it has placed. */
export type Action =
  | {
      readonly kind: 'command';
      readonly command: Command;
      readonly by: Caller;
      readonly sending: Sending;
      readonly to: Status;
      readonly reason?: string;
    }
  /** A command that the order's state does not allow: the answer must be 409, and nothing may change. */
  | { readonly kind: 'too-late'; readonly command: 'cancel'; readonly by: Caller; readonly reason: string }
  | { readonly kind: 'read'; readonly what: 'order' | 'member' | 'shop'; readonly by: Caller };

/** The whole life of one order, as its clients will lead it. */
export interface Life {
  /** Counts from 0 in order of arrival. */
  readonly index: number;
  readonly basket: Basket;
  readonly placing: {
    readonly sending: Sending;
    /** Whether the client first expects a wrong total, which must be refused with 409. */
    readonly wrongTotalFirst: boolean;
    /** Whether it uses its key once more for another body, which must be refused with 422. */
    readonly otherBodyAfter: boolean;
  };
  readonly actions: readonly Action[];
}

/** How lives end, with their shares: after how many steps of the way, by whom, and whether money goes back. */
const ENDS: readonly {
  share: number;
  steps: number;
  cancelBy?: Caller;
  refund?: boolean;
  reason?: string;
}[] = [
  { share: 0.45, steps: 7 },
  { share: 0.02, steps: 7, refund: true, reason: 'it was cold' },
  { share: 0.17, steps: 0, cancelBy: 'member', reason: 'changed my mind' },
  { share: 0.12, steps: 0, cancelBy: 'service', reason: 'not paid in time' },
  { share: 0.06, steps: 1, cancelBy: 'member', refund: true, reason: 'ordered twice' },
  { share: 0.09, steps: 1, cancelBy: 'shop', refund: true, reason: 'sold out' },
  { share: 0.03, steps: 2, cancelBy: 'member', refund: true, reason: 'takes too long' },
  { share: 0.03, steps: 3, cancelBy: 'shop', refund: true, reason: '재료 소진' },
  { share: 0.03, steps: 4, cancelBy: 'service', refund: true, reason: 'no rider is free' },
];

/** Plans the life of order `index` for a basket: always the same one for the same seed and index. */
export function planLife(seed: number, index: number, basket: Basket): Life {
  const random = randomOf(seed, `life-${index}`);
  const placing = {
    sending: sendingOf(random),
    wrongTotalFirst: random.chance(0.01),
    otherBodyAfter: random.chance(0.01),
  };
  return { index, basket, placing, actions: [...withReads(random, planCommands(random))] };
}

function planCommands(random: Random): Action[] {
  const end = pickEnd(random.fraction());
  const actions: Action[] = WAY.slice(0, end.steps).map((step) => ({
    kind: 'command',
    ...step,
    sending: sendingOf(random),
  }));
  const reason = end.reason ?? '';
  if (end.steps === 7 && random.chance(0.02)) {
    actions.push({ kind: 'too-late', command: 'cancel', by: 'shop', reason: 'the customer called' });
  }
  if (end.cancelBy !== undefined) {
    actions.push({
      kind: 'command',
      command: 'cancel',
      by: end.cancelBy,
      to: 'cancelled',
      reason,
      sending: sendingOf(random),
    });
  }
  if (end.refund === true) {
    actions.push({
      kind: 'command',
      command: 'refund',
      by: 'service',
      to: 'refunded',
      reason,
      sending: sendingOf(random),
    });
  }
  return actions;
}

function pickEnd(draw: number): (typeof ENDS)[number] {
  let below = 0;
  for (const end of ENDS) {
    below += end.share;
    if (draw < below) return end;
  }
  return ENDS[0]!;
}

/** Puts reads between the commands: mostly somebody who looks after the order, now and then a list. */
function* withReads(random: Random, commands: readonly Action[]): Generator<Action> {
  for (const action of commands) {
    if (random.chance(0.09))
      yield { kind: 'read', what: 'order', by: random.pick(['member', 'shop', 'service'] as const) };
    yield action;
  }
  if (random.chance(0.04)) yield { kind: 'read', what: 'member', by: 'member' };
  if (random.chance(0.02)) yield { kind: 'read', what: 'shop', by: 'shop' };
}

function sendingOf(random: Random): Sending {
  const draw = random.fraction();
  if (draw < 0.01) return 'twin';
  if (draw < 0.02) return 'again';
  if (draw < 0.03) return 'lost';
  return 'once';
}
