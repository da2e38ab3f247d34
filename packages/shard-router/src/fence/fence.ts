import { lowestNumberAt } from '../ids/snowflake.ts';

/** What a fence says of a bucket on its shard. */
export type FenceState = 'owned' | 'capturing' | 'frozen' | 'importing' | 'moved' | 'carried' | 'sealed';

/** The row of `bucket_fences` that covers a number, as read under a shared lock. */
export interface BucketFence {
  readonly state: FenceState;
  readonly generation: number;
  readonly next_owner: number | null;
  /** Decimal text: numbers below may no longer be written, or read. */
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

/** What a write is judged by. */
export type JudgedFence = Omit<BucketFence, 'generation' | 'readable_from'>;
export type JudgedKeyFence = Omit<KeyFence, 'generation'>;

/**
 * Of the fences of a key's bucket, the one of the generation that goes with a number; without one, with the numbers of
 * the moment. Undefined when it is locked.
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

/** Judges the fence that a write or a fenced read met. */
export function judge(fence: Pick<BucketFence, 'state' | 'next_owner'> | undefined, what: string): Verdict {
  if (fence === undefined) return { kind: 'wait', why: `${what}: its fence is locked` };
  switch (fence.state) {
    case 'owned':
      // Promised to the owner in an epoch that is being opened: nobody's to write in until that is decided.
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
      // Until it has all of the bucket, the shard that it comes from is the one to ask.
      return fence.next_owner === null
        ? { kind: 'wait', why: `${what} is importing` }
        : { kind: 'elsewhere', owner: fence.next_owner };
    case 'frozen':
      return { kind: 'wait', why: `${what} is frozen` };
  }
}

/** How far a fresh number may lie behind, or ahead of, the database's clock. Milliseconds. */
export const FRESH_NUMBER_WINDOW = { behindMs: 5 * 60_000, aheadMs: 5_000 } as const;
