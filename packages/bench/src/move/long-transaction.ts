import { percentile } from '../measure/percentile.ts';
import type { Foreground } from './foreground.ts';
import type { Store } from './store.ts';

/** What a transaction that stays open has done to others, and what has become of it and of the move. */
export interface LongTransaction {
  /** The other callers' p99 while the move waited for it, as a multiple of what it was before. */
  readonly p99Ratio: number;
  /** Code of the error that the transaction ended with; empty when it was committed. */
  readonly endedWith: string;
  /** How the move ended: its exit code, and after how long. */
  readonly moveCode: number | null;
  readonly moveSeconds: number;
}

/** Keeps a transaction open on a bucket, moves all buckets of its shard, and measures the other callers meanwhile. */
export async function longTransaction(
  store: Store,
  foreground: Foreground,
  { seconds, move, before }: { seconds: number; move: readonly string[]; before: readonly number[] },
): Promise<LongTransaction> {
  const number = foreground.router.drawNumber();
  const opened = Promise.withResolvers<void>();
  const holding = foreground.router
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
  return {
    p99Ratio: percentile(seen.latencies, 0.99) / percentile(before, 0.99),
    endedWith: await holding,
    moveCode: code,
    moveSeconds,
  };
}
