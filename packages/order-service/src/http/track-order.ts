import type { Actor, OrderSnapshot } from '@ordershard/order-events';
import { callerText } from '../commands/caller.ts';
import { historyOf, isOver } from '../orders/history.ts';
import type { OrderTracker } from '../tracking/order-tracker.ts';
import { findOrder, type QueryParts } from '../views/find-order.ts';
import { EventStream } from './event-stream.ts';
import type { Call } from './operation.ts';
import { numberOf } from './order-number.ts';
import type { trackOrder } from './operations/order-operations.ts';
import { invalid } from './problem.ts';
import { watchCaller } from './watch-caller.ts';

/** The longest that one answer follows an order. */
const LIFETIME_MS = 15 * 60_000;

export interface TrackingParts extends QueryParts {
  readonly tracker: OrderTracker;
  /** How many orders a caller of each role may follow at once; 0 for no limit. */
  readonly followerLimits: Readonly<Record<Actor, number>>;
  readonly now: () => Date;
  /** Aborts when the process is about to stop: followers should then connect to another process. */
  readonly draining: AbortSignal;
}

/** Sends the versions of an order as they come, after the one that the caller has seen. */
export async function followOrder(
  parts: TrackingParts,
  { params, caller, reader, request, response }: Call<typeof trackOrder>,
): Promise<void> {
  const now = parts.now();
  const number = numberOf(params.number, now);
  let seen = lastVersion(request.get('Last-Event-ID'));
  const order = await findOrder(parts, caller, number, undefined, reader);
  if (isOver(order) && seen >= order.version) {
    response.writeHead(204).end();
    return;
  }
  if (request.method === 'HEAD') {
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' }).end();
    return;
  }
  let stream: EventStream | undefined;
  const tell = (latest: OrderSnapshot) => {
    for (const entry of historyOf(latest, seen)) {
      stream?.send({
        id: `${entry.version}`,
        event: entry.type,
        data: JSON.stringify({ number: latest.number, ...entry }),
      });
    }
    seen = Math.max(seen, latest.version);
    if (isOver(latest)) stream?.end();
  };
  const owner = { id: callerText(caller), most: parts.followerLimits[caller.role] };
  const leave = parts.tracker.follow(number, Math.max(seen, order.version), owner, tell);
  const until = response.locals.callerUntil ?? Infinity;
  stream = new EventStream(response, Math.max(0, Math.min(LIFETIME_MS, until - now.getTime())));
  const drain = () => stream?.end();
  parts.draining.addEventListener('abort', drain, { once: true });
  const { isStillCaller } = response.locals;
  const unwatch = isStillCaller === undefined ? undefined : watchCaller(isStillCaller, drain);
  response.once('close', () => {
    unwatch?.();
    leave();
    parts.draining.removeEventListener('abort', drain);
  });
  tell(order);
}

/** The version that a Last-Event-ID names; 0 without one. */
function lastVersion(id: string | undefined): number {
  if (id === undefined || id === '') return 0;
  if (!/^(?:0|[1-9]\d{0,8})$/.test(id)) {
    throw invalid([{ field: 'Last-Event-ID', message: 'must be the id of an event of this stream' }]);
  }
  return Number(id);
}
