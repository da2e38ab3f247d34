import { expect, test } from '@jest/globals';
import { Gate } from '@ordershard/process';
import { array, assert, asyncProperty, boolean, nat, record, uniqueArray } from 'fast-check';
import { PublishError } from '../errors.ts';
import type { OutboxRow } from '../sql/outbox-row.ts';
import { AsideRows } from './aside-rows.ts';
import type { Message } from './message.ts';
import { decodeRanges } from './progress/id-range.ts';
import { Watermark } from './progress/watermark.ts';
import type { Publisher } from './publisher.ts';
import { TableRelay } from './table-relay.ts';

const PARTITIONS = 3;
const KEYS = 10;
const ROWS = 900;

const partitionOf = (key: string) => Number(key) % PARTITIONS;

/** Row `id` is the next one of its key; those of a key rise with their ids. */
const rows = Array.from({ length: ROWS }, (_, i): OutboxRow => ({
  id: BigInt(i + 1),
  eventId: String(i + 1),
  aggregateId: String((i * 7) % KEYS),
  type: 'order.paid',
  sequence: i,
  payload: Buffer.from('{}'),
  traceparent: null,
  occurredAt: '2026-01-02 03:04:05.678',
}));

/** Partitions that do not answer one send. With `stores`, they store its messages all the same. */
interface Outage {
  readonly silent: readonly number[];
  readonly stores: boolean;
}

/** A broker whose partitions do not answer some sends, and a table that is read to its end. */
class Scene {
  readonly delivered: Message[] = [];
  readonly acknowledged = new Set<string>();
  readonly #outages: Outage[];
  #last: readonly number[] = [];
  readonly #stop = new AbortController();
  holes = 0;

  constructor(outages: readonly Outage[]) {
    this.#outages = [...outages];
  }

  async run(aside: AsideRows): Promise<void> {
    const mark = new Watermark(0n, [], 0);
    const relay = new TableRelay(
      {
        read: async ({ gaps, above }, limit) => {
          const seen = rows
            .filter(({ id }) => id > above || gaps.some(({ first, last }) => id >= first && id <= last))
            .slice(0, limit);
          if (seen.length === 0 && !aside.pending) this.#stop.abort();
          return seen;
        },
        readIds: async () => undefined,
        save: async (settledId, gaps) => {
          const open = decodeRanges(gaps);
          for (const { id, eventId } of rows) {
            const kept = id > settledId || open.some(({ first, last }) => id >= first && id <= last);
            if (!kept && !this.acknowledged.has(eventId)) this.holes += 1;
          }
          return true;
        },
        toMessage: ({ aggregateId, eventId, payload }) => ({
          key: aggregateId,
          value: payload,
          headers: { ce_id: eventId },
        }),
        publisher: this.#publisher(),
        gate: new Gate(1),
        parking: {
          holds: () => false,
          park: async () => undefined,
          released: async () => [],
          next: async () => [],
          settle: async () => undefined,
        },
        lease: { holds: () => true, lose: () => undefined },
        latestProbe: () => undefined,
        published: () => undefined,
        setAside: () => undefined,
        moved: () => undefined,
        failed: () => undefined,
        pause: async () => undefined,
      },
      mark,
      aside,
    );
    await relay.run(this.#stop.signal);
  }

  #publisher(): Publisher {
    return {
      prepare: async () => undefined,
      publish: async (messages) => {
        const { silent, stores } = this.#outages.shift() ?? { silent: [], stores: false };
        this.#last = messages.flatMap(({ key }, index) => (silent.includes(partitionOf(key)) ? index : []));
        for (const [index, message] of messages.entries()) {
          const answered = !this.#last.includes(index);
          if (answered || stores) this.delivered.push(message);
          if (answered) this.acknowledged.add(message.headers['ce_id']!);
        }
        if (this.#last.length > 0) throw new PublishError('no leader');
        return [];
      },
      partitions: {
        count: PARTITIONS,
        of: partitionOf,
        unfinished: () => ({ withheld: [], unanswered: this.#last }),
        end: () => undefined,
      },
      close: async () => undefined,
    };
  }
}

test('whichever partitions are silent and when, every row is published, each key in its order, and none is stored as published that is not', async () => {
  const outages = array(
    record({
      silent: uniqueArray(nat(PARTITIONS - 1), { maxLength: PARTITIONS - 1 }),
      stores: boolean(),
    }),
    { maxLength: 30 },
  );
  await assert(
    asyncProperty(outages, async (some) => {
      const scene = new Scene(some);
      await scene.run(new AsideRows({ first: 0, last: 1 }));
      expect([...scene.acknowledged].length).toBe(ROWS);
      expect(scene.holes).toBe(0);
      const firsts = new Map<string, number[]>();
      const seen = new Set<string>();
      for (const { key, headers } of scene.delivered) {
        const id = headers['ce_id']!;
        if (seen.has(id)) continue;
        seen.add(id);
        firsts.set(key, [...(firsts.get(key) ?? []), Number(id)]);
      }
      for (const ids of firsts.values()) expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    }),
    { numRuns: 40 },
  );
});

test('the others go on while a partition is silent', async () => {
  const scene = new Scene(Array.from({ length: 4 }, () => ({ silent: [1], stores: false })));
  const running = scene.run(new AsideRows({ first: 50, last: 50 }));
  await running;
  const first = scene.delivered.findIndex(({ key }) => partitionOf(key) === 1);
  expect(scene.delivered.slice(0, first).length).toBe(
    rows.filter((row) => partitionOf(row.aggregateId) !== 1).length,
  );
});
