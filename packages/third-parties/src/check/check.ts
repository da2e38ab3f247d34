import type { PartyName } from '../ports/third-party.ts';
import type { Reaction } from '../reactions/react.ts';
import { Gate } from '@ordershard/process';
import type { Hanging } from './hanging-views.ts';

/** The result of a check. Each number counts orders. */
export interface CheckReport {
  /** Orders that have not changed for a while. */
  readonly found: number;
  /** Orders that the check brought further, or ended. */
  readonly mended: number;
  /**
   * Orders that wait for a third party, by party and state. `oldestMs` is how long the oldest of them has waited,
   * milliseconds.
   */
  readonly waiting: Readonly<Record<string, { readonly orders: number; readonly oldestMs: number }>>;
  /** Orders that need nothing: only their view lags. */
  readonly settled: number;
  /**
   * Orders whose look failed, for example because their third party or shard did not answer. A later check looks at them
   * again.
   */
  readonly unanswered: number;
}

export interface CheckParts {
  readonly hanging: AsyncIterable<Hanging>;
  /** Looks at an order as its shard has it, and does what it needs. */
  readonly look: (party: PartyName, number: bigint) => Promise<Reaction>;
  readonly now: () => Date;
  /** Called with each failure. */
  readonly failed: (hanging: Hanging, error: unknown) => void;
  readonly signal?: AbortSignal;
}

const AT_ONCE = 32;

/**
 * Looks at every order that hangs, many at once. It finds out from the third party what was missed and mends it, and cancels
 * what has waited too long. Everything it does can be done twice.
 */
export async function check({ hanging, look, now, failed, signal }: CheckParts): Promise<CheckReport> {
  let [found, mended, settled, unanswered] = [0, 0, 0, 0];
  const waiting = new Map<string, { orders: number; oldestMs: number }>();
  const gate = new Gate(AT_ONCE);
  const underWay = new Set<Promise<void>>();
  const one = async (each: Hanging) => {
    try {
      const { outcome, commands, order } = await look(each.party, each.number);
      if (commands.length > 0) mended += 1;
      else if (outcome === 'settled' || outcome === 'absent') settled += 1;
      else {
        const status = order?.status ?? each.status;
        const kind =
          outcome === 'stuck' ? `stuck at the ${each.party}, ${status}` : `for the ${each.party}, ${status}`;
        const so = waiting.get(kind) ?? { orders: 0, oldestMs: 0 };
        waiting.set(kind, {
          orders: so.orders + 1,
          oldestMs: Math.max(so.oldestMs, now().getTime() - each.since.getTime()),
        });
      }
    } catch (error) {
      unanswered += 1;
      failed(each, error);
    }
  };
  for await (const each of hanging) {
    if (signal?.aborted === true) break;
    found += 1;
    const looking = gate.through(() => one(each)).finally(() => underWay.delete(looking));
    underWay.add(looking);
    // Bounded: further orders wait in the cursor.
    if (underWay.size >= 2 * AT_ONCE) await Promise.race(underWay);
  }
  await Promise.all(underWay);
  return { found, mended, waiting: Object.fromEntries(waiting), settled, unanswered };
}
