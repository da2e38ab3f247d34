import { describe, expect, test } from '@jest/globals';
import { Gate } from '@ordershard/process';
import type { Message } from './message.ts';
import { LeaseLostError, PublishError } from '../errors.ts';
import type { OutboxRow } from '../sql/outbox-row.ts';
import type { ReadRange } from '../sql/read-outbox.ts';
import { Watermark } from './progress/watermark.ts';
import type { Parked } from './parking/table-parking.ts';
import type { Withheld } from './publisher.ts';
import { TableRelay, type TableParts } from './table-relay.ts';

const row = (id: number, payload = '{}', aggregateId = String(id)): OutboxRow => ({
  id: BigInt(id),
  eventId: `${id}-1`,
  aggregateId,
  type: 'order.paid',
  sequence: 1,
  payload: Buffer.from(payload),
  traceparent: null,
  occurredAt: '2026-01-02 03:04:05.678',
});

/** A table in memory, a broker that notes what it takes, and a run that ends when both are done. */
class Scene {
  readonly table: OutboxRow[] = [];
  readonly ranges: ReadRange[] = [];
  readonly sent: string[][] = [];
  readonly saved: string[] = [];
  readonly failures: number[] = [];
  readonly #stop = new AbortController();
  readonly held = new Set<string>();
  readonly parked: Parked[] = [];
  /** Rows of orders that operators have let go. */
  readonly released = new Map<string, OutboxRow[]>();
  readonly settled: number[] = [];
  /** Returns which of the messages with these keys are withheld. */
  withheld: (keys: string[]) => Withheld[] = () => [];
  /** Whether an attempt to publish fails; the first is 1. */
  fails: (attempt: number) => boolean = () => false;
  holds = true;
  saveHolds = true;
  stopWhenIdle = true;

  get parts(): TableParts {
    return {
      read: async (range, limit) => {
        this.ranges.push(range);
        const visible = this.table
          .filter(
            ({ id }) => id > range.above || range.gaps.some(({ first, last }) => id >= first && id <= last),
          )
          .toSorted((a, b) => Number(a.id - b.id))
          .slice(0, limit);
        if (visible.length === 0 && this.stopWhenIdle) this.#stop.abort();
        return visible;
      },
      readIds: async () => undefined,
      save: async (settledId, gaps) => {
        this.saved.push(`${settledId} ${gaps}`);
        return this.saveHolds;
      },
      toMessage: ({ aggregateId, payload }): Message => ({ key: aggregateId, value: payload, headers: {} }),
      publisher: {
        partitions: undefined,
        prepare: async () => undefined,
        publish: async (messages) => {
          this.sent.push(messages.map(({ key }) => key));
          if (this.fails(this.sent.length)) throw new PublishError('the broker is away');
          return this.withheld(messages.map(({ key }) => key));
        },
        close: async () => undefined,
      },
      gate: new Gate(1),
      parking: {
        holds: ({ aggregateId }) => this.held.has(aggregateId),
        park: async (rows) => {
          this.parked.push(...rows);
          for (const { row: one } of rows) this.held.add(one.aggregateId);
        },
        released: async () => [...this.released.keys()],
        next: async (key) => {
          const rows = this.released.get(key)?.splice(0, 1) ?? [];
          if (rows.length === 0) {
            this.released.delete(key);
            this.held.delete(key);
          }
          return rows;
        },
        settle: async (rows) => void this.settled.push(...rows.map(({ id }) => Number(id))),
      },
      lease: { holds: () => this.holds, lose: () => (this.holds = false) },
      latestProbe: () => undefined,
      published: () => undefined,
      moved: () => undefined,
      setAside: () => undefined,
      failed: (_, failures) => this.failures.push(failures),
      pause: async () => undefined,
    };
  }

  async run(mark = new Watermark(0n, [], 0)): Promise<void> {
    await new TableRelay(this.parts, mark).run(this.#stop.signal);
  }

  stop(): void {
    this.#stop.abort();
  }
}

describe('TableRelay', () => {
  test('publishes in the order of ids and stores how far it is, with the gaps', async () => {
    const scene = new Scene();
    scene.table.push(row(4), row(1), row(2));
    await scene.run();
    expect(scene.sent).toEqual([['1', '2', '4']]);
    expect(scene.saved).toEqual(['4 [["3","3"]]']);
  });

  test('looks into the gaps that were stored, together with what is new', async () => {
    const scene = new Scene();
    scene.table.push(row(3), row(8), row(9));
    await scene.run(new Watermark(8n, [{ first: 3n, last: 5n }], 0));
    expect(scene.sent).toEqual([['3', '9']]);
    expect(scene.saved).toEqual(['9 [["4","5"]]']);
  });

  test('a batch that fails is sent again, whole, before anything later', async () => {
    const scene = new Scene();
    scene.table.push(row(1), row(2));
    scene.fails = (attempt) => attempt <= 3;
    await scene.run();
    expect(scene.sent).toEqual([
      ['1', '2'],
      ['1', '2'],
      ['1', '2'],
      ['1', '2'],
    ]);
    expect(scene.failures).toEqual([1, 2, 3]);
    expect(scene.saved).toEqual(['2 []']);
  });

  test('while a batch is sent the next is read, and nothing is stored of it before it is sent itself', async () => {
    const scene = new Scene();
    const large = JSON.stringify('x'.repeat(1_000_000));
    for (let id = 1; id <= 450; id += 1) scene.table.push(row(id, large.slice(0, id < 200 ? 20 : 1_000_000)));
    let readsAtFirst = 0;
    scene.fails = (attempt) => {
      if (attempt === 1) readsAtFirst = scene.ranges.length;
      else scene.stop();
      return attempt >= 2;
    };
    await scene.run();
    expect(readsAtFirst).toBe(2);
    expect(scene.saved).toEqual(['200 []']);
  });

  test('what Kafka refuses is parked with what waits behind it, and the rest goes on', async () => {
    const scene = new Scene();
    scene.table.push(row(1), row(2, '{}', 'bad'), row(3, '{}', 'bad'), row(4));
    scene.withheld = (keys) =>
      keys.flatMap((key, index) =>
        key === 'bad' ? { index, reason: index === keys.indexOf('bad') ? 'too large' : undefined } : [],
      );
    await scene.run();
    expect(scene.parked.map(({ row: { id }, reason }) => [id, reason])).toEqual([
      [2n, 'too large'],
      [3n, undefined],
    ]);
    expect(scene.saved).toEqual(['4 []']);
  });

  test('later rows of a parked order are held, until an operator lets them go, in their order', async () => {
    const scene = new Scene();
    scene.held.add('bad');
    scene.table.push(row(5, '{}', 'bad'), row(6));
    await scene.run();
    expect(scene.sent).toEqual([['6']]);
    expect(scene.parked.map(({ row: { id }, reason }) => [id, reason])).toEqual([[5n, undefined]]);
    const after = new Scene();
    after.held.add('bad');
    after.released.set('bad', [row(2, '{}', 'bad'), row(5, '{}', 'bad')]);
    after.table.push(row(7, '{}', 'bad'));
    await after.run(new Watermark(6n, [], 0));
    expect(after.sent).toEqual([['bad'], ['bad'], ['bad']]);
    expect(after.settled).toEqual([2, 5]);
    expect(after.parked).toEqual([]);
  });

  test('nothing is sent when the lease may end before the send does', async () => {
    const scene = new Scene();
    scene.table.push(row(1));
    scene.holds = false;
    await expect(scene.run()).rejects.toThrow(LeaseLostError);
    expect(scene.sent).toEqual([]);
  });

  test('a lease that ends while the broker is away ends the tries', async () => {
    const scene = new Scene();
    scene.table.push(row(1));
    scene.fails = () => true;
    const { parts } = scene;
    const relay = new TableRelay(
      { ...parts, failed: (_, failures) => (scene.holds = failures < 5) },
      new Watermark(0n, [], 0),
    );
    await expect(relay.run(new AbortController().signal)).rejects.toThrow(LeaseLostError);
    expect(scene.sent).toHaveLength(5);
    expect(scene.saved).toEqual([]);
  });

  test('progress that another holder has made void ends the work', async () => {
    const scene = new Scene();
    scene.table.push(row(1));
    scene.saveHolds = false;
    await expect(scene.run()).rejects.toThrow(LeaseLostError);
    expect(scene.holds).toBe(false);
  });

  test('nothing new stores nothing', async () => {
    const scene = new Scene();
    await scene.run(new Watermark(7n, [], 0));
    expect(scene.saved).toEqual([]);
  });

  test('a read that is cut off is followed by the rest', async () => {
    const scene = new Scene();
    for (let id = 1; id <= 5_000; id += 1) scene.table.push(row(id));
    await scene.run();
    expect(scene.sent.flat()).toEqual(scene.table.map(({ aggregateId }) => aggregateId));
    expect(scene.sent.length).toBeGreaterThan(2);
    expect(scene.saved.at(-1)).toBe('5000 []');
  });

  test('however many gaps there are, what is above them is read, and a bounded number of them is stored', async () => {
    const scene = new Scene();
    const gaps = Array.from({ length: 10_000 }, (_, i) => ({
      first: BigInt(3 * i + 1),
      last: BigInt(3 * i + 2),
    }));
    scene.table.push(row(40_000));
    await scene.run(new Watermark(30_000n, gaps, 0));
    expect(scene.sent).toEqual([['40000']]);
    const [settledId, stored] = scene.saved.at(-1)!.split(' ');
    expect([settledId, (JSON.parse(stored!) as unknown[]).length <= 2_000]).toEqual(['40000', true]);
  });
});
