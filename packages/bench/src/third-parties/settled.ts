import { readOrder } from '@ordershard/order-service';
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

/** How orders stand. */
export async function standings(
  router: ShardRouter,
  numbers: readonly bigint[],
  ledger: Ledger,
): Promise<Standing[]> {
  return Promise.all(
    numbers.map(async (number) => {
      const { order } = (await readOrder(router, number))!;
      return {
        number,
        status: order.status,
        paid: order.timeline.some(({ status }) => status === 'paid'),
        reason: order.cancellation?.reason,
        payment: ledger.payment.get(number.toString()),
      };
    }),
  );
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
