export * from './errors.ts';
export type { BucketFence, FenceState, KeyFence } from './fence/fence.ts';
export { asyncLocalStorageCarrier } from './context/async-local-storage-carrier.ts';
export type { CarrierFactory, ContextCarrier } from './context/carrier.ts';
export type { Role, ScopeOptions, WriteTarget } from './context/scope.ts';
export type { ShardTransaction } from './fence/shard-transaction.ts';
export {
  decodeNumber,
  encodeNumber,
  lowestNumberAt,
  NUMBER_EPOCH_MS,
  type NumberParts,
  numbersOfDay,
} from './ids/snowflake.ts';
export { initialiseCluster, type InitialiseOptions } from './migrate/initialise.ts';
export { migrateShards, type MigrationReport, ROUTER_MIGRATIONS } from './migrate/migrate-shards.ts';
export type { ExecuteResult, ShardSession } from './pools/session.ts';
export type { SqlValue } from './pools/values.ts';
export { connectShardRouter, type RouterOptions, ShardRouter } from './router.ts';
export { bucketOf, DEFAULT_BUCKETS, murmur32, type ShardKey } from './routing/bucket.ts';
export { type ShardConfig, shardsFromUrls } from './topology/config.ts';
export { ROUTER_TABLES, type TableRegistration } from './topology/registry.ts';
export { withShardSessions } from './pools/with-shard-sessions.ts';
export { initialMap, nextMap, type EpochAssignment, type ShardMap } from './topology/map.ts';
export type { MapNotifier } from './topology/map-cache.ts';
export { publishMap } from './topology/publish-map.ts';
