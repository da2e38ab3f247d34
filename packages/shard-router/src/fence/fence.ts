import { lowestNumberAt } from '../ids/snowflake.ts';

/** The state of a bucket on its shard, as a fence stores it. */
export type FenceState = 'owned' | 'capturing' | 'frozen' | 'importing' | 'moved' | 'carried' | 'sealed';

/** The row of `bucket_fences` that covers a number, as read under a shared lock. */
export interface BucketFence {
  readonly state: FenceState;
  readonly generation: number;
  readonly next_owner: number | null;
  /**
   * Decimal text. Numbers below `writable_from` may no longer be written; numbers below `readable_from` may no longer be
   * read.
   */
  readonly writable_from: string;
  readonly readable_from: string;
  /** The database's Unix time in milliseconds, decimal text. */
  readonly now_ms: string;
}

/** A row of `key_fences`. */
export interface KeyFence {
  readonly key_generation: number;
  readonly state: FenceState;
  readonly generation: number;
  readonly next_owner: number | null;
  /** The numbers that the generation is for, [from, to), decimal text. */
  readonly range_from: string;
  readonly range_to: string;
  /** The database's Unix time in milliseconds, decimal text. */
  readonly now_ms: string;
}

/** The columns that decide whether a write may pass. */
export type JudgedFence = Omit<BucketFence, 'generation' | 'readable_from'>;
export type JudgedKeyFence = Omit<KeyFence, 'generation'>;

/**
 * Returns the fence of a key's bucket for the generation that goes with a number; without a number, for the one that goes
 * with numbers of now. Undefined when that fence is locked.
 */
export function keyFenceOf<Fence extends JudgedKeyFence>(
  fences: readonly Fence[],
  number: bigint | undefined,
): Fence | undefined {
  return fences.find(({ range_from: from, range_to: to, now_ms: now }) => {
    const at = number ?? lowestNumberAt(Number(now));
    return BigInt(from) <= at && at < BigInt(to);
  });
}

/** What a router does after it has seen a fence. */
export type Verdict =
  | { readonly kind: 'pass' }
  /** The fence is locked, or shut for a moment: try again. */
  | { readonly kind: 'wait'; readonly why: string }
  /** The bucket lives on another shard. */
  | { readonly kind: 'elsewhere'; readonly owner: number };

/** Decides by its fence whether a write or a fenced read may pass. */
export function judge(fence: Pick<BucketFence, 'state' | 'next_owner'> | undefined, what: string): Verdict {
  if (fence === undefined) return { kind: 'wait', why: `${what}: its fence is locked` };
  switch (fence.state) {
    case 'owned':
      // Promised to the owner in an epoch that is being opened: nobody may write here until that opening is decided.
      return fence.next_owner === null
        ? { kind: 'pass' }
        : { kind: 'wait', why: `${what} waits for an epoch to be opened, or not` };
    case 'capturing':
    case 'carried':
      return { kind: 'pass' };
    case 'moved':
    case 'sealed':
      return fence.next_owner === null
        ? { kind: 'wait', why: `${what} is ${fence.state} and its next owner is not known yet` }
        : { kind: 'elsewhere', owner: fence.next_owner };
    case 'importing':
      // This shard does not have the whole bucket yet: ask the shard that it comes from.
      return fence.next_owner === null
        ? { kind: 'wait', why: `${what} is importing` }
        : { kind: 'elsewhere', owner: fence.next_owner };
    case 'frozen':
      return { kind: 'wait', why: `${what} is frozen` };
  }
}

/** How far a fresh number may lie behind, or ahead of, the database's clock. Milliseconds. */
export const FRESH_NUMBER_WINDOW = { behindMs: 5 * 60_000, aheadMs: 5_000 } as const;
