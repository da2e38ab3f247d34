import { isOrderNumber } from '@ordershard/order-events';
import { decodeNumber } from '@ordershard/shard-router';
import { SelectorError } from '../errors.ts';

/** Selects the events that meet every given condition. */
export interface Selector {
  /** Order numbers as decimal text. */
  readonly orders?: readonly string[] | undefined;
  /** Event ids, `<number>-<version>`. */
  readonly events?: readonly string[] | undefined;
  /** RFC 3339; events from then on, by their own time. */
  readonly from?: string | undefined;
  /** RFC 3339; events before then. */
  readonly to?: string | undefined;
  readonly shard?: number | undefined;
  /** Name of an outbox topic, such as `orders`. */
  readonly topic?: string | undefined;
}

/** A selector in the terms of the outbox tables. */
export interface Selection {
  /** Event times, half open, as `YYYY-MM-DD HH:MM:SS.mmm` in UTC. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** Days of insert, both included, `YYYY-MM-DD`: the partitions are chosen by them. */
  readonly firstDay: string | undefined;
  readonly lastDay: string | undefined;
  readonly orders: readonly string[];
  readonly events: readonly string[];
}

const DAY_MS = 86_400_000;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/;

/**
 * Checks and converts a selector. The days of insert are a day wider than the times of the events, on both sides: a row is
 * inserted after its change was decided, on a server with its own clock, and midnight may lie between. An order's events
 * begin on the day that its number encodes.
 *
 * @throws SelectorError when nothing is selected, or a value is malformed
 */
export function selectionOf(selector: Selector): Selection {
  const { orders = [], events = [], shard, topic } = selector;
  const from = timeOf(selector.from, 'from');
  const to = timeOf(selector.to, 'to');
  if (
    orders.length === 0 &&
    events.length === 0 &&
    from === undefined &&
    to === undefined &&
    shard === undefined &&
    topic === undefined
  )
    throw new SelectorError('say what: orders, events, a time, a shard or a topic');
  if (from !== undefined && to !== undefined && from >= to) throw new SelectorError('from is not before to');
  for (const order of orders)
    if (!isOrderNumber(order)) throw new SelectorError(`${order} is no order number`);
  const numbers = [...orders, ...events.map(orderOfEvent)];
  const born =
    numbers.length === 0
      ? undefined
      : Math.min(...numbers.map((number) => decodeNumber(BigInt(number)).timeMs));
  const first = Math.max(from ?? -Infinity, born ?? -Infinity);
  return {
    from: from === undefined ? undefined : sqlTime(from),
    to: to === undefined ? undefined : sqlTime(to),
    firstDay: first === -Infinity ? undefined : sqlDay(first - DAY_MS),
    lastDay: to === undefined ? undefined : sqlDay(to + DAY_MS),
    orders,
    events,
  };
}

function orderOfEvent(id: string): string {
  const [, number] = /^(\d{1,19})-[1-9]\d{0,9}$/.exec(id) ?? [];
  if (number === undefined || !isOrderNumber(number)) throw new SelectorError(`${id} is no event id`);
  return number;
}

function timeOf(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  const ms = TIME.test(text) ? Date.parse(text) : Number.NaN;
  // Date.parse would turn a day that the month does not have into a day of the next month.
  const day = Number(text.slice(8, 10));
  const days = new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate();
  if (Number.isNaN(ms) || day > days)
    throw new SelectorError(`${name} is no time of RFC 3339, such as 2026-01-02T03:04:05Z`);
  return ms;
}

const sqlTime = (ms: number) => new Date(ms).toISOString().replace('T', ' ').slice(0, 23);
const sqlDay = (ms: number) => new Date(ms).toISOString().slice(0, 10);
