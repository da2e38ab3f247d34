/**
 * How the log of a partition has changed below the place that was to be read next.
 *
 * - `expired`: messages that were not read are gone, since their retention is over or somebody deleted them
 * - `truncated`: messages that were read are gone: the log lost its tail, or was restored from an older copy
 * - `remade`: the topic was deleted and made anew
 */
export interface LogChange {
  readonly kind: 'expired' | 'truncated' | 'remade';
  readonly topic: string;
  readonly partition: number;
  /** The offset that was to be read next. */
  readonly next: bigint;
  /** The first offset of the log now, and the one after its last. */
  readonly begin: bigint;
  readonly end: bigint;
}

/**
 * Decides what an offset out of range means. Returns undefined when the log does hold the offset: then the broker only does
 * not know the epoch of the leader under which it was read.
 */
export function changeOf(next: bigint, begin: bigint, end: bigint): 'expired' | 'truncated' | undefined {
  if (next < begin) return 'expired';
  return next > end ? 'truncated' : undefined;
}

/** A change in words: for logs and readiness. */
export function describeChange({ kind, topic, partition, next, begin, end }: LogChange): string {
  const place = `${topic} partition ${partition}`;
  switch (kind) {
    case 'expired':
      return `${place}: messages ${next} to ${begin - 1n} expired before they were read; it goes on at ${begin}: 'read-model repair' mends their views`;
    case 'truncated':
      return `${place}: the log ends at ${end} and ${next} was to be read next: it lost messages; it is read again from ${begin}`;
    case 'remade':
      return `${place}: the topic was made anew and ${next} was to be read next; it is read from ${begin}`;
  }
}
