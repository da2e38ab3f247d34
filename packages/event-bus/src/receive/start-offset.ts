/** The range of offsets that the topic holds. */
export interface TopicBounds {
  /** The offset of the first message that is still there. */
  readonly earliest: bigint;
  /** The offset that the next message gets. */
  readonly latest: bigint;
}

/**
 * Returns where reading begins (`from`), and the offset from which an instance acts on events of every kind (`liveFrom`).
 * Before that, only states count.
 *
 * @param next the offset after the last message that was read; undefined for an instance that joins
 * @param readBack how many messages to look through for states, counted from the end
 */
export function startOffset(
  { earliest, latest }: TopicBounds,
  next: bigint | undefined,
  readBack: number,
): { readonly from: bigint; readonly liveFrom: bigint } {
  // Outside the bounds, messages were missed or the topic was made anew: start as if the instance joined.
  if (next !== undefined && next >= earliest && next <= latest) return { from: next, liveFrom: next };
  const back = latest - BigInt(readBack);
  return { from: back > earliest ? back : earliest, liveFrom: latest };
}
