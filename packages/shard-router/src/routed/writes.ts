import { checkWithin, noteCommitted } from '../context/scope.ts';
import { checkWriteOptions, NO_OPTIONS } from '../entry/call-options.ts';
import { checkFunction } from '../entry/check-names.ts';
import { checkedTarget } from '../entry/check-target.ts';
import { UnknownOutcomeError } from '../errors.ts';
import type { ShardTransaction } from '../fence/shard-transaction.ts';
import type { WriteTarget } from '../fence/write-target.ts';
import { bucketsOfTarget } from '../topology/shard-of-target.ts';
import type { WriteOutcome } from '../write/pending-unit.ts';
import type { UnitOf } from '../write/unit.ts';
import type { UnitWrites, WriteOptions } from '../write/unit-writes.ts';
import { writeInside } from '../write/write-inside.ts';
import { routed, type RouterDependencies } from './dependencies.ts';
import { transact } from './transactions.ts';

/** Writes a unit of work on the owner of a target, or as a part of the transaction that is open around it. */
export async function writeUnit<Row>(
  router: RouterDependencies,
  units: UnitWrites,
  given: WriteTarget,
  unit: UnitOf<Row>,
  options: WriteOptions,
): Promise<WriteOutcome<Row>> {
  const target = checkedTarget(given);
  checkFunction(unit, 'a unit of work');
  checkWriteOptions(options);
  const outer = router.carrier.current();
  const inside = (transaction: ShardTransaction) => writeInside(transaction, unit);
  if (outer?.transaction !== undefined) return transact(router, target, inside, NO_OPTIONS);
  // Few write texts by the thousand: each has a transaction of its own.
  if (target.text !== undefined)
    return transact(router, target, inside, {
      timeoutMs: options.timeoutMs ?? router.limits.statementTimeoutMs,
    });
  const { bucket, keyBucket } = bucketsOfTarget(target, router.map.current.bucketCount);
  const deadline = outer?.deadline ?? Infinity;
  return units.write(
    target,
    { bucket: (bucket ?? keyBucket)!, keyBucket },
    unit,
    options,
    deadline,
    (attempt) => {
      const inScope = async (shard: number) => {
        if (outer !== undefined) checkWithin(outer, shard);
        try {
          const outcome = await attempt(shard);
          noteCommitted(outer, shard);
          return outcome;
        } catch (error) {
          if (error instanceof UnknownOutcomeError) noteCommitted(outer, shard);
          throw error;
        }
      };
      return routed(router, target, inScope, deadline);
    },
  );
}
