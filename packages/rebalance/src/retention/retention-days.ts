/** How long rows stay, in UTC days. */
export interface RetentionDays {
  /** For tables partitioned by number. */
  readonly rows: number;
  /** For outbox tables, whose rows stay after they are published so that they can be published again. */
  readonly outbox: number;
}

export const DEFAULT_RETENTION: RetentionDays = { rows: 30, outbox: 7 };
