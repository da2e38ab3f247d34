import { createLogger } from '@ordershard/process';
import {
  type Chunk,
  type KafkaSource,
  orderView,
  type OrderView,
  Projector,
  readWork,
} from '@ordershard/read-model';

/** Stores views, in its own time. */
export type Handler = (views: readonly OrderView[]) => Promise<readonly []>;

/** Consumes until `signal` aborts. */
export type Contender = (source: KafkaSource, handler: Handler, signal: AbortSignal) => Promise<void>;

export type ContenderName = 'ours' | 'batchByBatch';

const log = createLogger('projector', 'silent');

const ours: Contender = async (source, handler, signal) => {
  const projector = new Projector({
    source,
    deadLetters: {
      send: async ([letter]) => {
        throw new Error(`not projected: ${letter!.reason}`);
      },
    },
    project: orderView,
    write: handler,
    log,
  });
  await projector.run(signal);
};

/** As it is usually written: all that has come is handled as one batch, its events of one order folded, before the next. */
const batchByBatch: Contender = async (source, handler, signal) => {
  let waiting: Chunk[] = [];
  let wake: () => void = () => undefined;
  const reading = source.read((chunk) => {
    waiting.push(chunk);
    wake();
  }, signal);
  signal.addEventListener('abort', () => wake());
  while (!signal.aborted) {
    if (waiting.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    const batch = waiting;
    waiting = [];
    const messages = batch.flatMap((chunk) => chunk.messages);
    if (messages.length === 0) continue;
    const { views } = readWork(
      messages.map((message) => ({ messages: [message], fresh: false })),
      orderView,
    );
    await handler([...new Map(views.map(({ view }) => [view._id, view])).values()]);
    for (const chunk of batch) chunk.done();
  }
  await reading;
  await source.leave();
};

export const CONTENDERS: Readonly<Record<ContenderName, Contender>> = { ours, batchByBatch };
