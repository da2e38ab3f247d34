export * from './errors.ts';
export { type BucketFence, type FenceState, FRESH_NUMBER_WINDOW, type KeyFence } from './fence/fence.ts';
export { asyncLocalStorageCarrier } from './context/async-local-storage-carrier.ts';
export type { CarrierFactory, ContextCarrier } from './context/carrier.ts';
export type { ScopeOptions } from './context/scope.ts';
export type { Role } from './topology/endpoint.ts';
export type { WriteTarget } from './fence/write-target.ts';
export type { ShardTransaction } from './fence/shard-transaction.ts';
export {
  decodeNumber,
  encodeNumber,
  lowestNumberAt,
  NUMBER_EPOCH_MS,
  type NumberParts,
  numbersOfDay,
  WORKER_SLOTS,
} from './ids/snowflake.ts';
export { checkBucketCount, initialiseCluster, type InitialiseOptions } from './migrate/initialise.ts';
export { LEDGER_TABLE } from './sql/migration-ledger.ts';
export { readClock } from './sql/read-clock.ts';
export {
  type MigrateOptions,
  migrateShards,
  type MigrationReport,
  ROUTER_MIGRATIONS,
} from './migrate/migrate-shards.ts';
export type { ExecuteResult, ShardSession } from './pools/session.ts';
export type { SqlValue } from './pools/values.ts';
export { connectShardRouter, ShardRouter } from './router.ts';
export { DEFAULT_LIMITS, type RouterOptions } from './router-options.ts';
export type { Credentials, CredentialsProvider } from './pools/credentials.ts';
export type { PoolLimits } from './pools/pool-limits.ts';
export type { ServerAccess } from './pools/server-access.ts';
export type { Key, RowKey } from './routing/key-target.ts';
export { LONGEST_TEXT_KEY } from './routing/text-key.ts';
export { bucketOf, DEFAULT_BUCKETS, murmur32, type ShardKey } from './routing/bucket.ts';
export { type ShardConfig, shardsFromUrls } from './topology/config.ts';
export { shardsFromEnv, type ShardSource } from './topology/shard-settings.ts';
export {
  type MovesByKey,
  type MovesByNumber,
  ROUTER_TABLES,
  type TableRegistration,
  type MovesByText,
} from './topology/registry.ts';
export {
  isUnreadableText,
  type OpenTransaction,
  readOpenTransactions,
  readProcesses,
  type ServerProcess,
} from './sql/open-transactions.ts';
export { type AccessOption, withShardSessions } from './pools/with-shard-sessions.ts';
export { openShardSessions, type ShardSessions, type ShardSessionsOptions } from './pools/shard-sessions.ts';
export { type Beat, forgetBeat, type KeptBeat, readBeats, setBeat } from './sql/beats.ts';
export { isLater } from './beats/known-beats.ts';
export { inTransaction } from './sql/transaction.ts';
export { checkIdentity, loadMap } from './topology/load-map.ts';
export { memberShards } from './topology/member-shards.ts';
export {
  assignmentsOf,
  type EpochAssignment,
  type EpochRange,
  encodeMapBody,
  epochRanges,
  initialMap,
  type MapBody,
  nextMap,
  NUMBERS_END,
  type ShardMap,
  shardsOfMap,
  withEpoch,
  withoutEpochsBelow,
  textOwnersOf,
} from './topology/map.ts';
export { abortEpoch } from './epochs/abort-epoch.ts';
export { adoptOpenings } from './epochs/adopt-openings.ts';
export { storeMap } from './epochs/follow-decision.ts';
export { handOverOpenings } from './epochs/hand-over-openings.ts';
export { checkClosing, closeEpochs, type CloseEpochsOptions, readOpenings } from './epochs/close-epochs.ts';
export { clusterState, type ClusterState } from './epochs/cluster-state.ts';
export type { KeyLook } from './epochs/earlier-keys.ts';
export type { EpochCluster, EpochOpening } from './epochs/epoch-cluster.ts';
export { EpochAbortedError, EpochRefusedError } from './epochs/errors.ts';
export {
  checkEpoch,
  OPENING_LIMITS,
  openEpoch,
  type OpenEpochOptions,
  type OpeningLimits,
  type OpeningStep,
} from './epochs/open-epoch.ts';
export { settleEpochs, type Settled } from './epochs/settle-epochs.ts';
export {
  checkWithdrawal,
  withdrawEpoch,
  type WithdrawEpochOptions,
  type WithdrawalLimits,
} from './epochs/withdraw-epoch.ts';
export type { MapNotifier } from './topology/map-cache.ts';
export { publishMap, type PublishMapOptions } from './topology/publish-map.ts';
export { DirectoryStrategy, type DirectoryOptions } from './routing/directory-strategy.ts';
export { type DirectoryStore, MemoryDirectoryStore } from './routing/directory-store.ts';
export { MysqlDirectoryStore } from './routing/mysql-directory-store.ts';
export { DirectoryUnavailableError, KeyNotInDirectoryError } from './routing/errors.ts';
export { KeyHashStrategy } from './routing/key-hash-strategy.ts';
export { type KeyRange, RangeStrategy } from './routing/range-strategy.ts';
export type { Growth, ShardingStrategy } from './routing/strategy.ts';
export type { ColumnType } from './scatter/columns.ts';
export {
  type MissingShard,
  ScatterCoverError,
  ScatterCursorError,
  ScatterIncompleteError,
  ScatterOrderError,
  ScatterQueryError,
} from './scatter/errors.ts';
export type { ScatterCondition, ScatterQuery, ScatterTable } from './scatter/query.ts';
export { routerScatterPort } from './scatter/router-port.ts';
export {
  scatter,
  type Scatter,
  type ScatterOptions,
  type ScatterPage,
  scatterPage,
  type ScatterPort,
  type ScatterRow,
} from './scatter/scatter.ts';
export { MigrationFailedError, MigrationRefusedError } from './migrate/errors.ts';
export {
  migrationStatus,
  type ShardMigrations,
  type UnreachableMigrations,
} from './migrate/migration-status.ts';
export { checkDrift, dumpSchema, type ObjectDrift, type ShardDrift } from './migrate/schema/check-drift.ts';
export { formatSchema, type Schema, type SchemaDefinition, schemaOf } from './migrate/schema/schema-of.ts';
export { UnguardedTableError } from './guards/errors.ts';
export { guardStatements } from './guards/guard-triggers.ts';
export { type GuardedTable, guardedTablesOf } from './guards/guarded-table.ts';
export { missingDefiners } from './guards/guards.ts';
export { allOf } from './observe/all-of.ts';
export type {
  Observation,
  RouterObserver,
  StatementKind,
  StatementStart,
  TransactionEnd,
  TransactionStart,
} from './observe/observer.ts';
export { type Unit, type UnitOf, type UnitScope } from './write/unit.ts';
export type { WriteOutcome } from './write/pending-unit.ts';
export { DEFAULT_MERGE_LIMITS, type MergeLimits } from './write/merge-limits.ts';
export {
  guard,
  type GuardStatement,
  type KnexQuery,
  type KyselyQuery,
  sql,
  type Statement,
  type StatementLike,
} from './write/statement.ts';
export type { WriteOptions } from './write/unit-writes.ts';
export { type SqlTags, withSqlComment } from './observe/sql-comment.ts';
export type { SqlComments } from './observe/telemetry.ts';
export { routerErrorOf } from './pools/router-error-of.ts';
