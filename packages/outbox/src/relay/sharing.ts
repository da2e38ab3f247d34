/**
 * Decides which member relays which of a shard's tables: the members take turns, so no two differ by more than one table. The
 * shard decides where the turn begins; otherwise the first members would have the odd table of every shard. All relays that
 * see the same members get the same answer.
 */
export function shareOut(
  tables: readonly string[],
  members: readonly string[],
  shard: number,
): ReadonlyMap<string, string> {
  const sorted = members.toSorted();
  const begin = shard * tables.length;
  return new Map(
    sorted.length === 0
      ? []
      : tables.map((table, index) => [table, sorted[(begin + index) % sorted.length]!]),
  );
}
