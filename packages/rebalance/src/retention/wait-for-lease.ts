import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { userName } from '@ordershard/process';
import type { ShardSessions } from '@ordershard/shard-router';
import { StoppedError } from '../errors.ts';
import { ShardBusyError } from '../lease/errors.ts';
import { OperationLease } from '../lease/operation-lease.ts';
import type { RetentionOptions } from './retention-options.ts';

const PATIENCE_MS = 20_000;
const LOOK_AGAIN_MS = 500;

/** Takes the lease of a shard. Waits for it for `patienceMs` at the most. @throws ShardBusyError */
export async function waitForLease(
  sessions: ShardSessions,
  shard: number,
  { holder, patienceMs = PATIENCE_MS, signal }: RetentionOptions,
): Promise<OperationLease> {
  const end = performance.now() + patienceMs;
  const who = holder ?? `${userName()}@${hostname()}:${process.pid} ${randomUUID().slice(0, 8)}`;
  for (;;) {
    try {
      return await OperationLease.acquire(sessions.onShard, shard, { holder: who, what: 'retention' });
    } catch (error) {
      if (!(error instanceof ShardBusyError) || performance.now() > end) throw error;
    }
    await sleep(LOOK_AGAIN_MS);
    if (signal?.aborted === true) throw new StoppedError('stopped while it waited for the shard');
  }
}
