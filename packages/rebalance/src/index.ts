export { type Aggregate, aggregateOf } from './retention/aggregate.ts';
export {
  DayKeptError,
  HoldRefusedError,
  PartitionsMissingError,
  RegistryError,
  TableBusyError,
} from './retention/errors.ts';
export { type HoldRequest, holdNumber, releaseNumber } from './retention/hold.ts';
export type { HoldClaim } from './retention/hold-owner.ts';
export { type PlannedDay, planRetention } from './retention/plan.ts';
export { retentionJob, type RetentionJobOptions } from './retention/job.ts';
export { retentionStatus, type ShardRetentionStatus } from './retention/status.ts';
export { restoreNumber } from './retention/restore.ts';
export type { RetentionOptions, ShardRetention } from './retention/retention-options.ts';
export { runRetention } from './retention/run.ts';
export { DEFAULT_RETENTION, type RetentionDays } from './retention/retention-days.ts';
export type { RetentionEvent } from './retention/shard-run.ts';
export { partitionsJob, type PartitionsJobOptions } from './partitions/job.ts';
export { makePartitionsEverywhere, type ShardPartitions } from './partitions/make-everywhere.ts';
export { type PartitionsAhead, readPartitionsAhead } from './partitions/read-ahead.ts';
export { DAYS_AHEAD, makePartitionsAhead, type PartitionChanges } from './retention/make-ahead.ts';
export { audited, type Action, readHistory } from './audit/audit-log.ts';
export type { LogEntry } from './audit/log-entry.ts';
export { checkInit, type InitCheck } from './topology/check-init.ts';
export { openCluster, type OperatorCluster } from './cluster.ts';
export {
  AuditUnavailableError,
  MemberMissingError,
  NotConfirmedError,
  RebalanceError,
  StoppedError,
} from './errors.ts';
export { type ApplicationRegistry, type OperatorSettings, readOperatorSettings } from './settings.ts';
export { OperationLeaseLostError, ShardBusyError } from './lease/errors.ts';
export { type LeaseRequest, OperationLease, type OnShard } from './lease/operation-lease.ts';
export { OperationLeases } from './lease/operation-leases.ts';
export type { MoveEngine } from './move/engine.ts';
export * from './move/errors.ts';
export * from './move/move-options.ts';
export * from './move/move-plan.ts';
export { readMoves } from './move/books.ts';
export { cleanUp, type CleanUpChoice, type CleanUpPreview, previewCleanUp } from './move/clean-up.ts';
export { verifyMoves, type VerifyOptions } from './move/verify-moves.ts';
export { moveBuckets, resumeMoves } from './move/move-buckets.ts';
export { rollbackMoves } from './move/rollback-moves.ts';
export { preflight, type Preflight } from './move/preflight.ts';
export { publishOwners, type PublishOptions } from './move/publish-owners.ts';
export {
  ClaimChangedError,
  MemberAbsentError,
  OwnershipError,
  ShardBehindError,
} from './ownership/errors.ts';
export type { FaultGroup } from './ownership/fault-groups.ts';
export { type Proof, type ProofOptions, proveOwnership } from './ownership/proof.ts';
export { closeOldEpochs } from './epochs/close-old-epochs.ts';
export { type NextAssignment, nextAssignment } from './epochs/assignment.ts';
export { type NextEpoch, type NextEpochOptions, openNextEpoch, planEpoch } from './epochs/open-next-epoch.ts';
