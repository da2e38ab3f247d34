export {
  DEFAULT_RETENTION,
  type DropReport,
  dropPartitionsBehind,
  type RetentionDays,
} from './retention/drop-behind.ts';
export { DAYS_AHEAD, makePartitionsAhead, type PartitionChanges } from './retention/make-ahead.ts';
