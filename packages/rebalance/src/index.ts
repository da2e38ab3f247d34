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
