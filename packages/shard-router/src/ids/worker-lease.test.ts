import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { ShardSession } from '../pools/session.ts';
import { WORKER_SLOTS, workerRange } from './snowflake.ts';
import { type OnShard, WorkerLease } from './worker-lease.ts';

interface Slot {
  token: number;
  untilMs: number;
  highWaterMs: number;
}

/** The lease rows of some shards. The shards use the test's clock, and can be down or hang. */
class LeaseTables {
  readonly #slots = new Map<number, Slot[]>();
  readonly state = new Map<number, 'up' | 'down' | 'hangs'>();

  constructor(shards: readonly number[], slots: number) {
    for (const shard of shards) {
      this.#slots.set(
        shard,
        Array.from({ length: slots }, () => ({ token: 0, untilMs: 0, highWaterMs: 0 })),
      );
    }
  }

  /** How many leases of a shard are held now. */
  held(shard: number): number {
    return this.#slots.get(shard)!.filter(({ untilMs }) => untilMs > Date.now()).length;
  }

  slot(shard: number, slot: number): Slot {
    return this.#slots.get(shard)![slot]!;
  }

  readonly onShard: OnShard = (shard, fn) => {
    const state = this.state.get(shard) ?? 'up';
    if (state === 'down') return Promise.reject(new Error('down'));
    if (state === 'hangs') return new Promise(() => undefined);
    return fn(this.#session(shard));
  };

  #session(shard: number): ShardSession {
    const slots = this.#slots.get(shard)!;
    return {
      shard,
      query: <Row>() =>
        Promise.resolve(
          slots.flatMap(({ token, untilMs, highWaterMs }, slot) =>
            untilMs < Date.now() && highWaterMs < Date.now()
              ? [
                  {
                    slot,
                    token: String(token),
                    from_ms: String(highWaterMs + 1),
                    now_ms: String(Date.now()),
                  },
                ]
              : [],
          ) as Row[],
        ),
      execute: (sql, values = []) => {
        const affectedRows = this.#change(slots, sql, values);
        const row = slots[Number(values.at(-2))]!;
        return Promise.resolve({ affectedRows, insertId: String(row.highWaterMs) });
      },
    };
  }

  #change(slots: readonly Slot[], sql: string, values: readonly unknown[]): number {
    const [slot, token] = values.slice(-2).map(Number) as [number, number];
    const row = slots[slot]!;
    if (row.token !== token) return 0;
    if (sql.includes('token = token + 1')) {
      if (row.untilMs >= Date.now()) return 0;
      Object.assign(row, {
        token: token + 1,
        untilMs: Date.now() + Number(values[1]) / 1_000,
        highWaterMs: Date.now() + Number(values[2]),
      });
    } else if (sql.includes("holder = ''")) {
      Object.assign(row, { untilMs: 0, highWaterMs: Number(values[0]) });
    } else {
      if (row.untilMs <= Date.now()) return 0;
      Object.assign(row, {
        untilMs: Date.now() + Number(values[0]) / 1_000,
        highWaterMs: Math.max(row.highWaterMs, Date.now() + Number(values[1])),
      });
    }
    return 1;
  }
}

const START = Date.UTC(2026, 0, 1);
const passed = (ms: number) => jest.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  jest.useFakeTimers({ now: START });
});

afterEach(() => {
  jest.useRealTimers();
});

describe('a worker lease', () => {
  test('is of a slot of one shard, and its window begins above what the slot was used for', async () => {
    const tables = new LeaseTables([2], 1);
    tables.slot(2, 0).highWaterMs = START - 5;
    const lease = await WorkerLease.start(() => [2], tables.onShard, 'me');
    const window = lease.window()!;
    expect(window).toMatchObject({ worker: 2 * WORKER_SLOTS, fromMs: START - 4 });
    expect(window.untilMs).toBe(tables.slot(2, 0).highWaterMs);
    await lease.stop(Date.now);
  });

  test('is renewed, and its window with it, as long as the shard answers', async () => {
    const tables = new LeaseTables([0], 1);
    const lease = await WorkerLease.start(() => [0], tables.onShard, 'me');
    const { worker } = lease.window()!;
    for (let i = 0; i < 20; i += 1) {
      await passed(3_000);
      expect(lease.window()).toMatchObject({ worker });
      expect(lease.window()!.untilMs).toBeGreaterThan(Date.now());
      expect(lease.window()!.untilMs).toBe(tables.slot(0, 0).highWaterMs);
    }
    await lease.stop(Date.now);
  });

  test('two holders never have one worker, and there are as many leases as slots', async () => {
    const tables = new LeaseTables([0, 1], 2);
    const leases = await Promise.all(
      ['a', 'b', 'c', 'd', 'e'].map((holder) => WorkerLease.start(() => [0, 1], tables.onShard, holder)),
    );
    const workers = leases.flatMap((lease) => lease.window()?.worker ?? []);
    expect(new Set(workers).size).toBe(4);
    expect(workers).toHaveLength(4);
    await Promise.all(leases.map((lease) => lease.stop(Date.now)));
  });

  test('one that was lost is no longer used, and another is taken', async () => {
    const tables = new LeaseTables([0], 2);
    const lease = await WorkerLease.start(() => [0], tables.onShard, 'me');
    const { worker } = lease.window()!;
    // Another process has taken the lease, as after a pause.
    Object.assign(tables.slot(0, worker), {
      token: 99,
      untilMs: Date.now() + 60_000,
      highWaterMs: Date.now() + 60_000,
    });
    await passed(3_000);
    expect(lease.window()?.worker).toBe(1 - worker);
    await lease.stop(Date.now);
  });

  test('a shard that is down is left for another before the window ends', async () => {
    const tables = new LeaseTables([0, 1], 1);
    const lease = await WorkerLease.start(() => [0, 1], tables.onShard, 'me');
    const first = Math.floor(lease.window()!.worker / WORKER_SLOTS);
    tables.state.set(first, 'down');
    for (let i = 0; i < 12; i += 1) {
      await passed(1_000);
      expect(lease.window()!.untilMs).toBeGreaterThan(Date.now());
    }
    expect(Math.floor(lease.window()!.worker / WORKER_SLOTS)).toBe(1 - first);
    await lease.stop(Date.now);
  });

  test('so is one that hangs', async () => {
    const tables = new LeaseTables([0, 1], 1);
    const lease = await WorkerLease.start(() => [0, 1], tables.onShard, 'me');
    const first = Math.floor(lease.window()!.worker / WORKER_SLOTS);
    tables.state.set(first, 'hangs');
    for (let i = 0; i < 12; i += 1) {
      await passed(1_000);
      expect(lease.window()!.untilMs).toBeGreaterThan(Date.now());
    }
    expect(Math.floor(lease.window()!.worker / WORKER_SLOTS)).toBe(1 - first);
    tables.state.set(first, 'up');
    await lease.stop(Date.now);
  });

  test('a shard that was added later leases when all that were there before are down', async () => {
    const tables = new LeaseTables([0, 1, 40], 1);
    let shards = [0, 1];
    const lease = await WorkerLease.start(() => shards, tables.onShard, 'me');
    shards = [0, 1, 40];
    for (const shard of [0, 1]) tables.state.set(shard, 'down');
    for (let i = 0; i < 12; i += 1) {
      await passed(1_000);
      expect(lease.window()!.untilMs).toBeGreaterThan(Date.now());
    }
    expect(lease.window()).toMatchObject(workerRange(40, 0));
    await lease.stop(Date.now);
  });

  test('a slot that was given back is free at once, above the millisecond that was used', async () => {
    const tables = new LeaseTables([0], 1);
    const lease = await WorkerLease.start(() => [0], tables.onShard, 'me');
    await passed(100);
    await lease.stop(Date.now);
    expect(lease.window()).toBeUndefined();
    expect(tables.held(0)).toBe(0);
    await passed(1);
    const next = await WorkerLease.start(() => [0], tables.onShard, 'other');
    expect(next.window()!.fromMs).toBeGreaterThan(START + 100);
    await next.stop(Date.now);
  });

  test('a clock that goes back before the slot is given back frees no millisecond again', async () => {
    const tables = new LeaseTables([0], 1);
    const lease = await WorkerLease.start(() => [0], tables.onShard, 'me');
    await passed(2_000);
    const drawnAt = Date.now();
    jest.setSystemTime(drawnAt - 1_500);
    await lease.stop(() => drawnAt);
    expect(tables.slot(0, 0).highWaterMs).toBeGreaterThanOrEqual(drawnAt);
  });
});
