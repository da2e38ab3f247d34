import { type Order, readOrder } from '@ordershard/order-service';
import type { ShardRouter } from '@ordershard/shard-router';
import type { LedgerEntry, Ledger } from './fake.ts';

/** How an order stands, on its shard and at the payment. */
export interface Standing {
  readonly number: bigint;
  readonly status: string;
  readonly paid: boolean;
  readonly reason: string | undefined;
  readonly payment: LedgerEntry | undefined;
}

/** How many orders are read at once. */
const AT_ONCE = 200;

/**
 * Returns how orders stand. It reads the payment after the orders: what an order says of its money had happened there before.
 *
 * @throws TypeError when one of them is not there
 */
export async function standings(
  router: ShardRouter,
  numbers: readonly bigint[],
  fake: { ledger(): Promise<Ledger> },
): Promise<Standing[]> {
  const orders: Order[] = [];
  for (let from = 0; from < numbers.length; from += AT_ONCE) {
    const some = numbers.slice(from, from + AT_ONCE);
    const found = await Promise.all(some.map((number) => readOrder(router, number)));
    orders.push(...found.map((each) => each!.order));
  }
  const { payment } = await fake.ledger();
  return orders.map(({ number, status, timeline, cancellation }) => ({
    number,
    status,
    paid: timeline.some((entry) => entry.status === 'paid'),
    reason: cancellation?.reason,
    payment: payment.get(number.toString()),
  }));
}

/** Whether nothing more happens to an order by itself, and nobody is owed anything. */
export function isSettled({ status, paid, payment }: Standing): boolean {
  const money = payment?.states.at(-1);
  if (status === 'delivered') return true;
  if (status === 'refunded') return money === 'refunded' || money === 'declined';
  return (
    status === 'cancelled' && !paid && money !== undefined && money !== 'captured' && money !== 'pending'
  );
}

/** What is wrong with how an order stands at the end: money that was taken twice, kept, or given away. */
export function wrongsOf(standing: Standing): string[] {
  const { number, status, payment } = standing;
  const states = payment?.states ?? [];
  const wrongs: string[] = [];
  if (states.filter((state) => state === 'captured').length > 1) wrongs.push('was charged twice');
  if (status === 'delivered' && states.at(-1) !== 'captured')
    wrongs.push(`was delivered, the money is ${states.at(-1)}`);
  if (status !== 'delivered' && states.at(-1) === 'captured')
    wrongs.push(`is ${status}, and the money was kept`);
  if (!isSettled(standing)) wrongs.push(`hangs: it is ${status}, the money is ${states.at(-1)}`);
  return wrongs.map((wrong) => `${number} ${wrong}`);
}
