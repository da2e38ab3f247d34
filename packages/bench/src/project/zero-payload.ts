import { projectorSettings } from '@ordershard/read-model';
import { createNamespace, startStack } from '@ordershard/stack';
import { fillBacklog } from './backlog.ts';
import { compareOn, type FiguresOf } from './compare.ts';
import { fillShards } from './fill-shards.ts';

/** How many events there are at the most: each makes a contender read an order. */
const MOST_EVENTS = 60_000;

const SHARDS = 2;

export interface ZeroPayload {
  readonly events: number;
  /** Orders that the events tell of, all of them on the shards. */
  readonly orders: number;
  readonly figures: FiguresOf;
}

/**
 * Whole lives on the internal topic, whose events are without their orders: our projector, which reads them from two
 * shards, against a consumer by hand that does the same; and our projector on the same events with their orders.
 */
export async function compareZeroPayload(options: {
  readonly events: number;
  readonly rounds: number;
  readonly progress: (message: string) => void;
}): Promise<ZeroPayload> {
  const { rounds, progress } = options;
  const events = Math.min(options.events, MOST_EVENTS);
  const stack = await startStack({
    ephemeral: true,
    parts: ['mysql', 'kafka', 'mongodb'],
    shards: SHARDS,
    onProgress: progress,
  });
  try {
    const { env } = await createNamespace(stack, 'bench');
    const brokers = env['ORDERSHARD_KAFKA_BROKERS']!.split(',');
    const topicPrefix = env['ORDERSHARD_TOPIC_PREFIX']!;
    const mysqlUrls = env['ORDERSHARD_MYSQL_URLS']!;
    const mongoUrl = env['ORDERSHARD_MONGODB_URL']!;
    progress(`publishing ${events} events with and without their orders`);
    const backlog = { brokers, topicPrefix, mix: 'lives', events } as const;
    await fillBacklog({ ...backlog, topic: 'snapshots' });
    const numbers = await fillBacklog({ ...backlog, topic: 'events' });
    progress(`storing ${numbers.size} orders on ${SHARDS} shards`);
    await fillShards(projectorSettings(env).clusterId, mysqlUrls.split(','), numbers);
    const figures = await compareOn({
      stack,
      scene: { brokers, topicPrefix, mongoUrl, mysqlUrls, events },
      orders: numbers.size,
      mix: 'without orders',
      rounds,
      contenders: ['ours', 'zeroPayload', 'zeroFloor'],
      progress,
    });
    return { events, orders: numbers.size, figures };
  } finally {
    await stack.stop();
  }
}

/** What is told of it in short: rates on whole lives, and what ours is of the others. */
export function zeroPayloadOf({ events, orders, figures }: ZeroPayload) {
  const rate = (name: 'ours' | 'zeroPayload' | 'zeroFloor') => figures[name]!.eventsPerSecond;
  return {
    mix: 'lives',
    events,
    orders,
    eventsPerSecond: rate('zeroPayload'),
    /** Of the same events with their orders. */
    ours: rate('ours'),
    ratioToOurs: rate('zeroPayload') / rate('ours'),
    floor: rate('zeroFloor'),
    ratioToFloor: rate('zeroPayload') / rate('zeroFloor'),
    figures,
  };
}
