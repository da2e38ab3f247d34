import { handOverOpenings } from '@ordershard/shard-router';
import { handOverLog } from '../audit/hand-over-log.ts';
import type { LogEntry } from '../audit/log-entry.ts';
import type { OperatorCluster } from '../cluster.ts';

/**
 * Gives a shard what the one with the lowest id keeps for the whole cluster, before it is the one: the audit log, and what
 * was decided on epochs. The other keeps it as well, and goes by it until the shard map says who is the lowest. Can be run
 * again.
 *
 * @param cluster the members as the map has them now
 * @param entry the action that does it: its end is noted where the log is then
 * @throws EpochRefusedError when something on epochs is not decided
 */
export async function handOver(
  cluster: OperatorCluster,
  to: number,
  entry: LogEntry | undefined,
): Promise<void> {
  await handOverOpenings(cluster, to);
  await handOverLog(cluster, to, entry);
}
