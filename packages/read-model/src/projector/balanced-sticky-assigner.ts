import { cooperativeStickyAssigner, type GroupPartitionsAssigner } from '@platformatic/kafka';

/**
 * Shares the partitions of a topic out among the members of a group. Each member keeps what it has, as far as that is even.
 * The client's assignor (as of 2.12) takes partitions only from members that have more than their share rounded up, and only
 * where others have less than it rounded down. So a fourth member of six partitions gets none, and a member that has three of
 * six keeps them beside three members with one each. A partition that is taken from a member that had it has no owner in that
 * round: the member lets go of it and joins again, and then the partition goes to the member that has the fewest.
 */
export const balancedStickyAssigner: GroupPartitionsAssigner = (current, members, topics, metadata) => {
  const assigned = cooperativeStickyAssigner(current, members, topics, metadata);
  const shares = assigned.map(({ memberId, assignments }) => {
    const places = [...assignments.values()].flatMap(({ topic, partitions }) =>
      partitions.map((partition) => ({ topic, partition })),
    );
    const had = members.get(memberId)?.ownedPartitions ?? [];
    return { memberId, assignments, places, had };
  });
  const total = [...topics].reduce(
    (sum, topic) => sum + (metadata.topics.get(topic)?.partitionsCount ?? 0),
    0,
  );
  const [least, most] = [Math.floor(total / members.size), Math.ceil(total / members.size)];
  const nobodys = total - shares.reduce((sum, { places }) => sum + places.length, 0);
  const sum = (of: (size: number) => number) =>
    shares.reduce((all, { places }) => all + Math.max(0, of(places.length)), 0);
  const taken = Math.max(
    sum((size) => size - most),
    sum((size) => least - size) - nobodys,
  );
  for (let n = 0; n < taken; n += 1) {
    shares.sort((a, b) => b.places.length - a.places.length || (a.memberId < b.memberId ? -1 : 1));
    const [largest, smallest] = [shares[0]!, shares.at(-1)!];
    const { topic, partition } = largest.places.pop()!;
    const from = largest.assignments.get(topic)!;
    largest.assignments.set(topic, { topic, partitions: from.partitions.filter((one) => one !== partition) });
    const isHeld = largest.had.some((owned) => owned.topic === topic && owned.partitions.includes(partition));
    if (isHeld) continue;
    smallest.places.push({ topic, partition });
    const partitions = [...(smallest.assignments.get(topic)?.partitions ?? []), partition];
    smallest.assignments.set(topic, { topic, partitions });
  }
  return assigned;
};
