/** What there is of the topic, as offsets. */
export interface TopicBounds {
  /** The first message that is still there. */
  readonly earliest: bigint;
  /** The one that the next message gets. */
  readonly latest: bigint;
}

/**
 * Where reading begins, and from which offset on an event is acted on whatever its kind; before it only states count.
 *
 * @param next what follows the last message that was read; undefined for who joins
 * @param readBack messages that are looked through for states, counted from the end
 */
export function startOffset(
  { earliest, latest }: TopicBounds,
  next: bigint | undefined,
  readBack: number,
): { readonly from: bigint; readonly liveFrom: bigint } {
  // Outside the bounds something was missed, or the topic was made anew: as if it joined.
  if (next !== undefined && next >= earliest && next <= latest) return { from: next, liveFrom: next };
  const back = latest - BigInt(readBack);
  return { from: back > earliest ? back : earliest, liveFrom: latest };
}
