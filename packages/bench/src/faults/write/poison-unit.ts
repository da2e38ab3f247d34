import { type ShardRouter, sql, type UnitOf, type WriteTarget } from '@ordershard/shard-router';
import type { Poison } from './messages.ts';

const TOO_LONG = 'x'.repeat(200);

/**
 * A unit of work that no server applies: an order by itself, as code that knows nothing of orders might insert it.
 *
 * @param key appears in the order's details, so that the unit is recognised on its way
 * @param taken the number of an order that exists
 */
export function poisonUnit(
  router: Pick<ShardRouter, 'drawNumber' | 'shardOf'>,
  poison: Poison,
  key: string,
  taken: bigint,
): { readonly target: WriteTarget; readonly unit: UnitOf<unknown> } {
  const number = poison === 'duplicate' ? taken : router.drawNumber(router.shardOf(taken));
  const member = poison === 'too long' ? TOO_LONG : 'm-0';
  const details = JSON.stringify({ note: key });
  return {
    target: { number },
    unit: ({ bucket }) => ({
      statements: [
        sql`INSERT INTO orders (number, bucket, version, status, member_id, shop_id, currency, total, details, created_at, updated_at)
            VALUES (${number}, ${poison === 'wrong bucket' ? bucket ^ 1 : bucket}, 1, 'created', ${member}, 's-1', 'KRW', 0, ${details}, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`,
      ],
    }),
  };
}
