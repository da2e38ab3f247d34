import { setTimeout as sleep } from 'node:timers/promises';
import type { OrderView } from '@ordershard/read-model';

/** How long the handler takes for each order that it gets, one after the other of a hundred. Milliseconds. */
export const ORDER_MS = 0.2;

/** What each call takes beside. Milliseconds. */
export const CALL_MS = 20;

/** How much longer the order that floods takes: what makes it flood makes it heavy. Milliseconds. */
export const FLOOD_MS = 200;

/**
 * A handler that waits before it writes: for the call, for each order, and much longer for the order that floods. It calls
 * `written` with each view once the view is stored.
 */
export function slowHandler(
  write: (views: readonly OrderView[]) => Promise<unknown>,
  flood: bigint,
  written: (view: OrderView) => void,
): (views: readonly OrderView[]) => Promise<readonly []> {
  return async (views) => {
    const floods = views.some(({ _id }) => _id === flood);
    await sleep(CALL_MS + views.length * ORDER_MS + (floods ? FLOOD_MS : 0));
    await write(views);
    for (const view of views) written(view);
    return [];
  };
}
