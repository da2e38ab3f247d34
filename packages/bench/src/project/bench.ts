import { createNamespace, startStack } from '@ordershard/stack';
import type { BenchOptions, BenchResult } from '../benchmark.ts';
import { rounded } from '../measure/rounded.ts';
import { textTable } from '../measure/table.ts';
import { fillBacklog, type Mix } from './backlog.ts';
import { compareOn, type FiguresOf } from './compare.ts';
import { type ContenderName, CONTENDERS } from './contender.ts';
import { compareZeroPayload, zeroPayloadOf } from './zero-payload.ts';

const EVENTS = 300_000;
const ROUNDS = 3;

/**
 * A backlog in Kafka on its way into views in MongoDB: our projector against consumers by hand. `count` is the number of
 * events; `rounds` that of each contender's, one after the other, so that what drifts on the machine hits all. Beside it,
 * as `zeroPayload`, the same of events without their orders, on servers of its own.
 */
export async function run({
  count: events = EVENTS,
  rounds = ROUNDS,
  only = [...CONTENDERS, 'zeroPayload'],
  progress,
}: BenchOptions): Promise<BenchResult> {
  const contenders = CONTENDERS.filter((name) => only.includes(name));
  const measuring = { events, rounds, contenders, progress };
  const { lives, distinct } = contenders.length > 0 ? await compareMixes(measuring) : {};
  const zero = only.includes('zeroPayload') ? await compareZeroPayload(measuring) : undefined;
  const rate = (figures: FiguresOf | undefined, name: ContenderName) =>
    figures?.[name]?.eventsPerSecond ?? Number.NaN;
  const json = {
    events,
    rounds,
    ours: rate(lives, 'ours'),
    floor: rate(lives, 'floor'),
    floorGated: rate(lives, 'floorGated'),
    perMessage: rate(lives, 'perMessage'),
    ratioToFloor: rate(lives, 'ours') / rate(lives, 'floor'),
    ratioToGatedDistinct: rate(distinct, 'ours') / rate(distinct, 'floorGated'),
    ratioToPerMessage: rate(lives, 'ours') / rate(lives, 'perMessage'),
    zeroPayload: zero && zeroPayloadOf(zero),
    lives,
    distinct,
  };
  return { table: tableOf({ lives, distinct, 'without orders': zero?.figures }), json: rounded(json) };
}

interface Measuring {
  readonly events: number;
  readonly rounds: number;
  readonly contenders: readonly ContenderName[];
  readonly progress: (message: string) => void;
}

async function compareMixes({ events, rounds, contenders, progress }: Measuring) {
  const stack = await startStack({ ephemeral: true, parts: ['kafka', 'mongodb'], onProgress: progress });
  const compare = async (mix: Mix) => {
    const { env } = await createNamespace(stack, 'bench');
    const brokers = env['ORDERSHARD_KAFKA_BROKERS']!.split(',');
    const topicPrefix = env['ORDERSHARD_TOPIC_PREFIX']!;
    const mongoUrl = env['ORDERSHARD_MONGODB_URL']!;
    progress(`publishing ${events} events (${mix})`);
    const { size: orders } = await fillBacklog({ brokers, topicPrefix, topic: 'snapshots', mix, events });
    const scene = { brokers, topicPrefix, mongoUrl, events };
    return compareOn({ stack, scene, orders, mix, rounds, contenders, progress });
  };
  try {
    return { lives: await compare('lives'), distinct: await compare('distinct') };
  } finally {
    await stack.stop();
  }
}

function tableOf(mixes: Record<string, FiguresOf | undefined>): string {
  return textTable(
    ['contender', 'events/s', 'CPU s/1,000', 'of MongoDB'],
    Object.entries(mixes).flatMap(([mix, figures]) =>
      Object.entries(figures ?? {}).map(([name, { eventsPerSecond, cpuSeconds, mongodbCpuSeconds }]) => [
        `${mix}: ${name}`,
        eventsPerSecond.toFixed(0),
        cpuSeconds.toFixed(4),
        mongodbCpuSeconds.toFixed(4),
      ]),
    ),
  );
}
