import { announceMap, busTopic, connectEventBus, shardMapChanged } from '@ordershard/event-bus';
import type { ShardMap } from '@ordershard/shard-router';
import type { OperatorSettings } from '../settings.ts';

/**
 * A function that tells the routers on the event bus of a new map, where Kafka is set; `warn` is told when that fails.
 * Routers that are not told find out by themselves: from the fences at once, by looking within seconds.
 */
export function announcer(
  { bus }: Pick<OperatorSettings, 'bus'>,
  warn: (text: string) => void,
): ((map: ShardMap) => Promise<void>) | undefined {
  if (bus === undefined) return undefined;
  const { brokers, topicPrefix } = bus;
  return async (map) => {
    try {
      const member = await connectEventBus({
        brokers,
        topic: busTopic(topicPrefix),
        server: 'shard-rebalance',
        id: `operator-${process.pid}`,
        events: [shardMapChanged],
      });
      try {
        await announceMap(member, map);
      } finally {
        await member.close();
      }
    } catch (error) {
      warn(
        `the new shard map was not announced (${(error as Error).message}): routers find it within seconds`,
      );
    }
  };
}
