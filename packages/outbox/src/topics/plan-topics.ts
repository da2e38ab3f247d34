import type { DeclaredTopic } from './declared.ts';

/** A topic as it is. */
export interface ExistingTopic {
  readonly name: string;
  readonly partitions: number;
  readonly replication: number;
  readonly configs: Readonly<Record<string, string>>;
}

/** A value that is changed; undefined where there is none. */
export interface Change<T> {
  readonly from: T | undefined;
  readonly to: T;
}

/** The step that a topic needs. */
export interface TopicStep {
  readonly topic: string;
  readonly action: 'create' | 'alter' | 'keep' | 'refuse';
  readonly declared: DeclaredTopic;
  readonly partitions?: Change<number>;
  readonly configs: Readonly<Record<string, Change<string>>>;
  /** Why the topic is refused, or which differences this step leaves as they are. */
  readonly notes: readonly string[];
}

/**
 * Plans the steps that make topics as declared. The number of partitions of a keyed topic never changes: the next event of an
 * order would be on another partition than the events before it, and could be read before them. Settings of a topic that are
 * not declared stay as they are.
 */
export function planTopics(
  declared: readonly DeclaredTopic[],
  existing: readonly ExistingTopic[],
): TopicStep[] {
  const byName = new Map(existing.map((topic) => [topic.name, topic]));
  return declared.map((topic) => {
    const there = byName.get(topic.name);
    return there === undefined ? creation(topic) : comparison(topic, there);
  });
}

function creation(topic: DeclaredTopic): TopicStep {
  const configs = Object.fromEntries(
    Object.entries(topic.configs).map(([name, to]) => [name, { from: undefined, to }]),
  );
  return {
    topic: topic.name,
    action: 'create',
    declared: topic,
    partitions: { from: undefined, to: topic.partitions },
    configs,
    notes: [],
  };
}

function comparison(topic: DeclaredTopic, there: ExistingTopic): TopicStep {
  const configs = Object.fromEntries(
    Object.entries(topic.configs).flatMap(([name, to]) => {
      const from = there.configs[name];
      return from === to ? [] : [[name, { from, to }]];
    }),
  );
  const notes =
    there.replication === topic.replication
      ? []
      : [
          `has ${there.replication} replicas where ${topic.replication} are set; reassign its partitions by Kafka's own tool`,
        ];
  const about = { topic: topic.name, declared: topic };
  if (there.partitions !== topic.partitions) {
    const grows = there.partitions < topic.partitions;
    if (topic.keyed || !grows) {
      const why = topic.keyed ? 'a keyed topic keeps its number' : 'a topic cannot lose any';
      const said = `has ${there.partitions} partitions where ${topic.partitions} are set; ${why}`;
      return { ...about, action: 'refuse', configs: {}, notes: [said, ...notes] };
    }
    const partitions = { from: there.partitions, to: topic.partitions };
    return { ...about, action: 'alter', partitions, configs, notes };
  }
  return { ...about, action: Object.keys(configs).length > 0 ? 'alter' : 'keep', configs, notes };
}
