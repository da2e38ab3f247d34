import { RouterError } from '../errors.ts';

/** A table that is to be guarded lacks a guard on a shard, or has another one: a row could be written to the wrong shard. */
export class UnguardedTableError extends RouterError {
  readonly code = 'ROUTER_UNGUARDED_TABLE';
  readonly retryable = false;
  readonly shard: number;
  readonly table: string;

  constructor(shard: number, table: string, trigger: string) {
    super(
      `shard ${shard}: the trigger ${trigger} of table ${table} is not there, is not the one that migrateShards makes, or may not be seen: it takes the privilege TRIGGER`,
    );
    this.shard = shard;
    this.table = table;
  }
}
