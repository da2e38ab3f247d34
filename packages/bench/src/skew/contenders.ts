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

/** As it is usually written: a batch is handled as a whole, its events of one order folded, before the next one is. */
const batchByBatch: Contender = async (source, handler, signal) => {
  const deal = async (before: Promise<void>, chunk: Chunk) => {
    await before;
    if (signal.aborted) return;
    const { views } = readWork(
      chunk.messages.map((message) => ({ messages: [message], fresh: false })),
      orderView,
    );
    await handler([...new Map(views.map(({ view }) => [view._id, view])).values()]);
    chunk.done();
  };
  let work = Promise.resolve();
  await source.read((chunk) => {
    work = deal(work, chunk);
  }, signal);
  await work;
  await source.leave();
};

export const CONTENDERS: Readonly<Record<ContenderName, Contender>> = { ours, batchByBatch };
