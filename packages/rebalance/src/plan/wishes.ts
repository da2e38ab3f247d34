import type { ShardConfig, ShardMap } from '@ordershard/shard-router';
import { shardsOfMap } from '@ordershard/shard-router';
import { MovePlanInvalidError } from '../move/errors.ts';
import type { WeightedShard } from './balance.ts';

/** What an operator wants otherwise than the configuration has it. */
export interface WeightWishes {
  /** Shards that are to hold nothing. */
  readonly empty?: readonly number[];
  /** Weights in place of the configured ones. */
  readonly weights?: ReadonlyMap<number, number>;
}

/**
 * The shards of a map with their weights: those wished for, else the configured ones, else 1.
 *
 * @throws MovePlanInvalidError for a shard that the map does not have, or when no shard would hold anything
 */
export function weighted(
  map: ShardMap,
  configs: readonly ShardConfig[],
  { empty = [], weights = new Map() }: WeightWishes,
): readonly WeightedShard[] {
  const members = shardsOfMap(map);
  checkMembers(map, [...empty, ...weights.keys()]);
  const shards = members.map((id) => ({
    id,
    weight: empty.includes(id)
      ? 0
      : (weights.get(id) ?? configs.find((config) => config.id === id)?.weight ?? 1),
  }));
  if (shards.every(({ weight }) => weight === 0))
    throw new MovePlanInvalidError('no shard is left that could hold anything');
  return shards;
}

/** @throws MovePlanInvalidError for a shard that the map does not have */
export function checkMembers(map: ShardMap, shards: readonly number[]): void {
  const members = shardsOfMap(map);
  const stranger = shards.find((shard) => !members.includes(shard));
  if (stranger === undefined) return;
  throw new MovePlanInvalidError(
    `shard ${stranger} is not one of the cluster (${members.join(', ')}): add it with \`shard add\` first`,
  );
}
