import { type Envelope, EVENT_TOPICS, toZeroPayload } from '@ordershard/order-events';
import { Admin, Producer, stringSerializers } from '@platformatic/kafka';
import { LIFE, sampleEvent } from './sample-order.ts';

/** Which events a backlog holds. */
export type Mix = 'lives' | 'distinct';

export const PARTITIONS = 6;

/** How many orders live at the same time: the events of as many lives lie between each other. */
const ALIVE = 1_000;

const FIRST = 8_000_000_000_000_000n;
const AT_ONCE = 1_000;

export interface Backlog {
  readonly brokers: string[];
  readonly topicPrefix: string;
  /** `events`: the internal topic, whose events are without their order. */
  readonly topic: keyof typeof EVENT_TOPICS;
  readonly mix: Mix;
  readonly events: number;
}

/** Makes a topic and fills it. Returns the numbers of the orders in its events: each becomes a view. */
export async function fillBacklog(backlog: Backlog): Promise<ReadonlySet<bigint>> {
  const { brokers, mix, events } = backlog;
  const topic = `${backlog.topicPrefix}${EVENT_TOPICS[backlog.topic]}`;
  const admin = new Admin({ clientId: 'bench', bootstrapBrokers: brokers });
  await admin.createTopics({ topics: [topic], partitions: PARTITIONS, replicas: 1 });
  await admin.close();
  const producer = new Producer({
    clientId: 'bench',
    bootstrapBrokers: brokers,
    acks: -1,
    serializers: stringSerializers,
  });
  const numbers = new Set<bigint>();
  let batch: Envelope[] = [];
  const flush = async () => {
    await producer.send({
      messages: batch.map(({ key, value, headers }) => ({ topic, key, value, headers: { ...headers } })),
    });
    batch = [];
  };
  for (const event of eventsOf(mix, events)) {
    numbers.add(BigInt(event.key));
    const sent = backlog.topic === 'events' ? toZeroPayload(event) : event;
    if (batch.push(sent) === AT_ONCE) await flush();
  }
  if (batch.length > 0) await flush();
  await producer.close();
  return numbers;
}

function* eventsOf(mix: Mix, events: number): Generator<Envelope> {
  for (let i = 0; i < events; i += 1) {
    if (mix === 'distinct') {
      yield sampleEvent(FIRST + BigInt(i), 1);
    } else {
      const wave = Math.floor(i / (ALIVE * LIFE));
      const within = i % (ALIVE * LIFE);
      yield sampleEvent(FIRST + BigInt(wave * ALIVE + (within % ALIVE)), Math.floor(within / ALIVE) + 1);
    }
  }
}
