import { percentile } from '../measure/percentile.ts';
import type { Foreground } from './foreground.ts';
import type { Store } from './store.ts';

/** What an open transaction has done to others, and how the transaction and the move ended. */
export interface LongTransaction {
  /** The other callers' p99 while all buckets of a shard moved, as a multiple of what it was before. */
  readonly p99Ratio: number;
  /** The same as a multiple of what it was in a move that met no such transaction. */
  readonly p99RatioToMove: number;
  /** Code of the error that the transaction ended with; empty when it was committed. */
  readonly endedWith: string;
  /** How the move ended: its exit code, and after how long. */
  readonly moveCode: number | null;
  readonly moveSeconds: number;
}

/** Keeps a transaction open on a bucket that is to move, moves it with others, and measures the other callers meanwhile. */
export async function longTransaction(
  store: Store,
  foreground: Foreground,
  {
    seconds,
    move,
    before,
    moving: alone,
  }: {
    seconds: number;
    move: readonly string[];
    before: readonly number[];
    moving: readonly number[];
  },
): Promise<LongTransaction> {
  const { router } = foreground;
  const { plan } = await store.json<{
    plan: { moves: readonly { readonly kind: string; readonly bucket: number }[] };
  }>(['plan']);
  // The first to move: a later one may be reached when the transaction is over.
  const first = plan.moves.find(({ kind }) => kind === 'numbers')!.bucket;
  let number = router.drawNumber();
  while (router.bucketOf(number) !== first) number = router.drawNumber();
  const opened = Promise.withResolvers<void>();
  const holding = router
    .transaction(
      { number, fresh: true },
      async (tx) => {
        await tx.query('SELECT 1');
        opened.resolve();
        await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
        await tx.query('SELECT 1');
      },
      { timeoutMs: (seconds + 30) * 1_000 },
    )
    .then(
      () => '',
      (error: { code?: string }) => error.code ?? 'NONE',
    );
  await Promise.race([opened.promise, holding]);
  const begun = performance.now();
  const moving = store.command(move);
  const seen = await foreground.during(moving);
  const { code } = await moving;
  const moveSeconds = (performance.now() - begun) / 1_000;
  const p99 = percentile(seen.latencies, 0.99);
  return {
    p99Ratio: p99 / percentile(before, 0.99),
    p99RatioToMove: p99 / percentile(alone, 0.99),
    endedWith: await holding,
    moveCode: code,
    moveSeconds,
  };
}
