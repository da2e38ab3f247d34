import type { Logger } from '@ordershard/process';
import type { ShardRouter } from '@ordershard/shard-router';
import { expireKeys } from './repository/idempotency-keys.ts';

const INTERVAL_MS = 60_000;

/** Deletes expired idempotency keys now and then. Several processes may do so at once. */
export function startKeyExpiry(
  router: Pick<ShardRouter, 'liveShards' | 'onShard'>,
  log: Logger,
  intervalMs = INTERVAL_MS,
): { stop(): Promise<void> } {
  const aborter = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  const sweep = async () => {
    for (const shard of router.liveShards()) {
      try {
        const keys = await expireKeys(router, shard, aborter.signal);
        if (keys > 0) log.info({ shard, keys }, 'expired idempotency keys deleted');
      } catch (error) {
        log.warn({ shard, err: error }, 'expired idempotency keys were not deleted');
      }
    }
  };
  const sweepThenPlan = async () => {
    await sweep();
    if (!aborter.signal.aborted) plan();
  };
  // With jitter, so that processes that were started together do not sweep together.
  const plan = () => {
    timer = setTimeout(
      () => {
        running = sweepThenPlan();
      },
      intervalMs * (0.5 + Math.random()),
    ).unref();
  };
  plan();
  return {
    async stop() {
      aborter.abort();
      clearTimeout(timer);
      await running;
    },
  };
}
