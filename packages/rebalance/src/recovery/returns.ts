import type { ShardSession } from '@ordershard/shard-router';
import type { OperatorCluster } from '../cluster.ts';
import { overlapping } from '../move/cut-fences.ts';
import { cellsOf } from '../move/move-context.ts';
import type { MoveKind } from '../move/move-plan.ts';
import { CLAIMING } from '../ownership/claim.ts';
import { type BookedMove, readBooks, setStep } from '../sql/move/books.ts';
import { type FenceCell, readAllFences } from '../sql/move/fences.ts';
import { openAgain } from '../sql/recovery/fences.ts';

type Fence = FenceCell & { readonly bucket: number };

type Fences = Readonly<Record<MoveKind, readonly Fence[]>>;

/** A shard that has given buckets to the restored shard. */
interface Giver {
  readonly source: number;
  /** Its moves to the restored shard that are at their end. */
  readonly given: readonly BookedMove[];
  readonly fences: Fences;
}

/** The part of a bucket that goes back to the shard that gave it, because the restored shard has forgotten it. */
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
 * Returns what a restored shard was given and has forgotten, as far as the givers still have the rows. A giver has them as
 * they were at the switch; on the restored shard they would be lost. What the restored shard had given on does not count: its
 * present owner claims it. When several shards once gave the same, the last one has the newest rows.
 */
export async function findReturns(
  { onShard }: Pick<OperatorCluster, 'onShard'>,
  shard: number,
  others: readonly number[],
): Promise<readonly Return[]> {
  const own = await onShard(shard, fencesByKind);
  const members = await Promise.all(
    others.map((source) =>
      onShard(source, async (session): Promise<Giver> => ({
        source,
        given: (await readBooks(session)).filter(
          ({ step, target }) => target === shard && (step === 'moved' || step === 'cleaned'),
        ),
        fences: await fencesByKind(session),
      })),
    ),
  );
  const claimed = [own, ...members.map(({ fences }) => fences)];
  const isClaimed = (kind: MoveKind, bucket: number, cell: Fence) =>
    claimed.some((fences) => {
      const claims = fences[kind].filter((fence) => fence.bucket === bucket && isClaim(fence));
      return overlapping(claims, cell).length > 0;
    });
  const isGivenLater = (source: number, book: BookedMove, cell: Fence) =>
    members.some(
      (other) =>
        other.source !== source &&
        other.given.some(
          (later) =>
            later.kind === book.kind &&
            later.bucket === book.bucket &&
            switchOf(later) > switchOf(book) &&
            cellsOf(later).some((one) => overlapping([cell], one).length > 0),
        ),
    );
  const found = members.flatMap(({ source, given, fences: all }) =>
    given
      .filter(({ step }) => step === 'moved')
      .map((book): Return => {
        const { kind, bucket, plan_id } = book;
        const here = all[kind].filter(
          (fence) => fence.bucket === bucket && fence.state === 'moved' && fence.next_owner === shard,
        );
        const fences = cellsOf(book)
          .flatMap((cell) => overlapping(here, cell))
          .filter((fence) => !isClaimed(kind, bucket, fence) && !isGivenLater(source, book, fence));
        return { source, kind, bucket, plan_id, fences: [...new Set(fences)] };
      }),
  );
  return found.filter(({ fences }) => fences.length > 0);
}

/** Opens the source's fences of a return again, in an open transaction there, and voids the move. */
export async function takeBack(session: ShardSession, back: Return): Promise<void> {
  for (const { at } of back.fences) await openAgain(session, back.kind, back.bucket, at);
  await setStep(session, back, 'revoked');
}

/** When a move was switched, by the clock of its source. */
const switchOf = ({ switched_at: at, updated_at: updated }: BookedMove) => at ?? updated;

async function fencesByKind(session: ShardSession): Promise<Fences> {
  return {
    numbers: await readAllFences(session, 'numbers'),
    keys: await readAllFences(session, 'keys'),
    texts: await readAllFences(session, 'texts'),
  };
}

function isClaim({ state }: Fence): boolean {
  return (CLAIMING as readonly string[]).includes(state);
}
