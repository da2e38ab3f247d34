import { describe, expect, test } from '@jest/globals';
import type { Envelope } from '@ordershard/order-events';
import { LeaseLostError, PublishError } from '../errors.ts';
import type { OutboxRow, ReadRange } from '../sql/read-outbox.ts';
import { Watermark } from './progress/watermark.ts';
import { BATCH_ROWS, MAX_GAPS, TableRelay, type TableParts } from './table-relay.ts';

const row = (id: number, payload = '{}'): OutboxRow => ({
  id: BigInt(id),
  eventId: `${id}-1`,
  aggregateId: String(id),
  type: 'order.paid',
  sequence: 1,
  payload,
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
            ({ id }) =>
              (range.above !== undefined && id > range.above) ||
              range.gaps.some(({ first, last }) => id >= first && id <= last),
          )
          .toSorted((a, b) => Number(a.id - b.id))
          .slice(0, limit);
        if (visible.length === 0 && this.stopWhenIdle) this.#stop.abort();
        return visible;
      },
      save: async (settledId, gaps) => {
        this.saved.push(`${settledId} ${gaps}`);
        return this.saveHolds;
      },
      toMessage: ({ aggregateId, payload }): Envelope => ({ key: aggregateId, value: payload, headers: {} }),
      publisher: {
        publish: async (messages) => {
          this.sent.push(messages.map(({ key }) => key));
          if (this.fails(this.sent.length)) throw new PublishError('the broker is away');
        },
        close: async () => undefined,
      },
      lease: { holds: () => this.holds, lose: () => (this.holds = false) },
      latestProbe: () => undefined,
      published: () => undefined,
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

  test('what is too much for one send goes in parts, each settled by itself', async () => {
    const scene = new Scene();
    const large = JSON.stringify('x'.repeat(600_000));
    scene.table.push(row(1, large), row(2, large), row(3, large));
    scene.fails = (attempt) => {
      if (attempt === 3) scene.stop();
      return attempt === 3;
    };
    await scene.run();
    expect(scene.sent).toEqual([['1'], ['2'], ['3']]);
    expect(scene.saved).toEqual(['2 []']);
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
    for (let id = 1; id <= BATCH_ROWS + 5; id += 1) scene.table.push(row(id));
    await scene.run();
    expect(scene.sent.flat()).toEqual(scene.table.map(({ aggregateId }) => aggregateId));
    expect(scene.saved.at(-1)).toBe(`${BATCH_ROWS + 5} []`);
  });

  test('with too many gaps, nothing above them is read', async () => {
    const scene = new Scene();
    const gaps = Array.from({ length: MAX_GAPS }, (_, i) => ({
      first: BigInt(2 * i + 1),
      last: BigInt(2 * i + 1),
    }));
    scene.table.push(row(10_000));
    await scene.run(new Watermark(9_999n, gaps, 0));
    expect(scene.sent).toEqual([]);
    expect(scene.ranges[0]?.above).toBeUndefined();
  });
});
