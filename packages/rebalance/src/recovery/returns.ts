import type { ShardSession } from '@ordershard/shard-router';
import type { OperatorCluster } from '../cluster.ts';
import { overlapping } from '../move/cut-fences.ts';
import { cellsOf } from '../move/move-context.ts';
import type { MoveKind } from '../move/move-plan.ts';
import { CLAIMING } from '../ownership/claim.ts';
import { readBooks, setStep } from '../sql/move/books.ts';
import { type FenceCell, readAllFences } from '../sql/move/fences.ts';
import { openAgain } from '../sql/recovery/fences.ts';

type Fence = FenceCell & { readonly bucket: number };

/** What of a bucket comes back to the shard that gave it to one which has forgotten it. */
export interface Return {
  readonly source: number;
  readonly kind: MoveKind;
  readonly bucket: number;
  /** The fences of the source that are opened again. */
  readonly fences: readonly Fence[];
  /** The plan of the move that is void by it. */
  readonly plan_id: string;
}

/**
 * What a restored shard was given and has forgotten, as far as those that gave it still have the rows: with them it is as it was
 * at the switch, and on the shard it would be gone.
 */
export async function findReturns(
  { onShard }: Pick<OperatorCluster, 'onShard'>,
  shard: number,
  others: readonly number[],
): Promise<readonly Return[]> {
  const own = await onShard(shard, fencesByKind);
  const found = await Promise.all(
    others.map((source) =>
      onShard(source, async (session) => {
        const books = (await readBooks(session)).filter(
          ({ step, target }) => step === 'moved' && target === shard,
        );
        if (books.length === 0) return [];
        const given = await fencesByKind(session);
        return books.map((book): Return => {
          const { kind, bucket, plan_id } = book;
          const here = given[kind].filter(
            (fence) => fence.bucket === bucket && fence.state === 'moved' && fence.next_owner === shard,
          );
          const there = own[kind].filter((fence) => fence.bucket === bucket && isClaim(fence));
          const fences = cellsOf(book)
            .flatMap((cell) => overlapping(here, cell))
            .filter((fence) => overlapping(there, fence).length === 0);
          return { source, kind, bucket, plan_id, fences: [...new Set(fences)] };
        });
      }),
    ),
  );
  return found.flat().filter(({ fences }) => fences.length > 0);
}

/** Opens what comes back on its source, in a transaction that is open there, and voids the move. */
export async function takeBack(session: ShardSession, back: Return): Promise<void> {
  for (const { at } of back.fences) await openAgain(session, back.kind, back.bucket, at);
  await setStep(session, back, 'revoked');
}

async function fencesByKind(session: ShardSession): Promise<Readonly<Record<MoveKind, readonly Fence[]>>> {
  return {
    numbers: await readAllFences(session, 'numbers'),
    keys: await readAllFences(session, 'keys'),
    texts: await readAllFences(session, 'texts'),
  };
}

function isClaim({ state }: Fence): boolean {
  return (CLAIMING as readonly string[]).includes(state);
}
