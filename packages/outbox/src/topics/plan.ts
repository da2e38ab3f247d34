import { TopicPartitionsError } from '../errors.ts';

/** A topic as it should be. */
export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  readonly replication: number;
}

export interface TopicPlan {
  readonly action: 'create' | 'keep';
  readonly spec: TopicSpec;
  readonly configs: readonly { readonly name: string; readonly value: string }[];
}

/**
 * Plans the step for a keyed topic. `partitions` is its present number of partitions, undefined when it does not exist.
 *
 * @throws TopicPartitionsError when it exists with another number of partitions: a change would put the next event of an
 * order on another partition than its earlier ones, and they could be read in another order
 */
export function planTopic(spec: TopicSpec, partitions: number | undefined): TopicPlan {
  if (partitions !== undefined && partitions !== spec.partitions) {
    throw new TopicPartitionsError(
      `topic ${spec.name} has ${partitions} partitions where ${spec.partitions} are set; a keyed topic keeps its number`,
    );
  }
  return {
    action: partitions === undefined ? 'create' : 'keep',
    spec,
    // One replica may be missing: if all were required, the loss of one would stop every write.
    configs: [{ name: 'min.insync.replicas', value: String(Math.max(1, spec.replication - 1)) }],
  };
}
