import { handOverOpenings } from '@ordershard/shard-router';
import { handOverLog } from '../audit/hand-over-log.ts';
import type { LogEntry } from '../audit/log-entry.ts';
import type { OperatorCluster } from '../cluster.ts';

/**
 * Gives a shard what the shard with the lowest id keeps for the whole cluster, before the new shard takes that place: the
 * audit log, and the decisions on epochs. The old shard keeps them too, and uses them until the shard map names another
 * lowest id. Can be run again.
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
