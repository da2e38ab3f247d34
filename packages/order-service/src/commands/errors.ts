/** Too many lines of bulk requests wait already. Nothing was done. */
export class BulkBacklogError extends Error {
  readonly code = 'BULK_BACKLOG';
  readonly retryable = true;
  override readonly name = 'BulkBacklogError';
  /** Whether the waiting lines are the caller's own. */
  readonly isOwn: boolean;

  constructor(whose: 'of this caller' | 'here', waiting: number) {
    super(`${waiting} lines of bulk requests ${whose} wait already`);
    this.isOwn = whose === 'of this caller';
  }
}
