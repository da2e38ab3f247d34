export {
  DEFAULT_RETENTION,
  type DropReport,
  dropPartitionsBehind,
  type RetentionDays,
} from './retention/drop-behind.ts';
export { DAYS_AHEAD, makePartitionsAhead, type PartitionChanges } from './retention/make-ahead.ts';
export { audited, type Action, readHistory } from './audit/audit-log.ts';
export { openCluster, type OperatorCluster } from './cluster.ts';
export { AuditUnavailableError, NotConfirmedError, RebalanceError, StoppedError } from './errors.ts';
export { type ApplicationRegistry, type OperatorSettings, readOperatorSettings } from './settings.ts';
export { OperationLeaseLostError, ShardBusyError } from './lease/errors.ts';
export { type LeaseRequest, OperationLease, type OnShard } from './lease/operation-lease.ts';
export { OperationLeases } from './lease/operation-leases.ts';
export type { MoveEngine } from './move/engine.ts';
export * from './move/errors.ts';
export * from './move/move-options.ts';
export * from './move/move-plan.ts';
