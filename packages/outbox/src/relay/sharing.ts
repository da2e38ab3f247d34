/**
 * Who is to relay which of a shard's tables: members in turn, so that no two differ by more than one table. Where
 * the turn begins depends on the shard, or the first members would have the odd table of every shard. All who see the
 * same members come to the same answer.
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
