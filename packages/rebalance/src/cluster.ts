import {
  openShardSessions,
  type ShardConfig,
  type ShardSessions,
  type TableRegistration,
} from '@ordershard/shard-router';
import type { OperatorSettings } from './settings.ts';

/** A cluster as its operator has it: what its shards are, what lies on them, and a way into each. */
export interface OperatorCluster extends ShardSessions {
  readonly clusterId: string;
  readonly configs: readonly ShardConfig[];
  readonly tables: readonly TableRegistration[];
}

/** Opens the cluster that the settings name. Connects to a shard when it is first used; whoever opens it closes it. */
export function openCluster({
  clusterId,
  shards,
  application,
}: Pick<OperatorSettings, 'clusterId' | 'shards' | 'application'>): OperatorCluster {
  const sessions = openShardSessions(shards);
  return { ...sessions, clusterId, configs: shards, tables: application.TABLES };
}
