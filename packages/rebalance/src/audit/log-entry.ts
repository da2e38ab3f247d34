/** A row of the audit log that is about an action under way. */
export interface LogEntry {
  /** The shard that keeps the log, and the row's id there. Another one when the log was handed over meanwhile. */
  shard: number;
  id: string;
}
