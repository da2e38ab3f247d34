import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { BARRIER_DELAY_MS, Watermark } from './watermark.ts';

/** A row as the model of an outbox table keeps it. */
interface Row {
  readonly id: bigint;
  readonly key: number;
  readonly version: number;
}

/** A transaction of the model: takes its ids at once, gets a transaction id a little later, ends some time. */
interface Transaction {
  readonly rows: readonly Row[];
  readonly tookIdsAt: number;
  id: bigint | undefined;
}

/** Just enough of InnoDB: ids in rising order outside of transactions, READ COMMITTED snapshots, transaction ids. */
class OutboxModel {
  now = 0;
  readonly visible: Row[] = [];
  #open: Transaction[] = [];
  #nextId = 1n;
  #nextTransactionId = 1n;
  readonly #versions = new Map<number, number>();
  readonly #locked = new Set<number>();

  begin(keys: readonly number[], skip: number): void {
    const free = [...new Set(keys)].filter((key) => !this.#locked.has(key));
    const rows = free.map((key): Row => {
      this.#locked.add(key);
      this.#nextId += BigInt(skip);
      const row = { id: this.#nextId, key, version: (this.#versions.get(key) ?? 0) + 1 };
      this.#nextId += 1n;
      return row;
    });
    this.#open.push({ rows, tookIdsAt: this.now, id: undefined });
  }

  end(which: number, commit: boolean): void {
    const transaction = this.#open[which % Math.max(1, this.#open.length)];
    if (transaction === undefined) return;
    this.#open = this.#open.filter((open) => open !== transaction);
    for (const row of transaction.rows) {
      this.#locked.delete(row.key);
      if (!commit) continue;
      this.visible.push(row);
      this.#versions.set(row.key, row.version);
    }
  }

  pass(ms: number): void {
    this.now += ms;
    for (const transaction of this.#open) {
      if (this.now >= transaction.tookIdsAt + BARRIER_DELAY_MS) transaction.id ??= this.#nextTransactionId++;
    }
  }

  write(which: number): void {
    const transaction = this.#open[which % Math.max(1, this.#open.length)];
    if (transaction !== undefined) transaction.id ??= this.#nextTransactionId++;
  }

  probe() {
    const own = this.#nextTransactionId++;
    const open = this.#open.flatMap(({ id }) => (id === undefined ? [] : [id]));
    return { startedAt: this.now, own, oldest: open.reduce((a, b) => (a < b ? a : b), own) };
  }

  read(mark: Watermark, limit: number): Row[] {
    return this.visible
      .filter(
        ({ id }) => id > mark.settledId || mark.gaps.some(({ first, last }) => id >= first && id <= last),
      )
      .toSorted((a, b) => Number(a.id - b.id))
      .slice(0, limit);
  }

  endAll(commit: boolean): void {
    while (this.#open.length > 0) this.end(0, commit);
  }
}

/** A relay of the model: reads, publishes in chunks, remembers what it has stored. */
class RelayModel {
  readonly published: Row[] = [];
  #mark = new Watermark(0n, [], 0);
  #stored: { settledId: bigint; gaps: Watermark['gaps'] } = { settledId: 0n, gaps: [] };

  readonly #table: OutboxModel;

  constructor(table: OutboxModel) {
    this.#table = table;
  }

  get gaps() {
    return this.#mark.gaps;
  }

  poll(limit: number, chunk: number): number {
    const rows = this.#table.read(this.#mark, limit);
    const complete = rows.length < limit;
    for (let from = 0; from < rows.length || from === 0; from += chunk) {
      const part = rows.slice(from, from + chunk);
      this.published.push(...part);
      const last = from + chunk >= rows.length;
      const upTo = part.at(-1)?.id ?? 0n;
      this.#mark.settle(
        part.map(({ id }) => id),
        last && complete ? 'all' : { upTo },
        this.#table.now,
      );
    }
    return rows.length;
  }

  probe(): void {
    this.#mark.observe(this.#table.probe());
  }

  store(): void {
    this.#stored = { settledId: this.#mark.settledId, gaps: [...this.#mark.gaps] };
  }

  restart(): void {
    this.#mark = new Watermark(this.#stored.settledId, this.#stored.gaps, this.#table.now);
  }
}

type Step = (table: OutboxModel, relay: RelayModel) => unknown;

const small = fc.nat({ max: 7 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(fc.array(small, { minLength: 1, maxLength: 4 }), fc.nat({ max: 2 })).map(
      ([keys, skip]): Step =>
        (table) =>
          table.begin(keys, skip),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(small, fc.boolean()).map(
      ([which, commit]): Step =>
        (table) =>
          table.end(which, commit),
    ),
  },
  {
    weight: 1,
    arbitrary: small.map(
      (which): Step =>
        (table) =>
          table.write(which),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.integer({ min: 1, max: 2 * BARRIER_DELAY_MS }).map(
      (ms): Step =>
        (table) =>
          table.pass(ms),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 3 })).map(
      ([limit, chunk]): Step =>
        (_, relay) =>
          relay.poll(limit, chunk),
    ),
  },
  { weight: 3, arbitrary: fc.constant<Step>((_, relay) => relay.probe()) },
);
const steps = fc.array(step, { minLength: 1, maxLength: 120, size: 'max' });
const faults: fc.Arbitrary<Step> = fc.oneof(
  fc.constant<Step>((_, relay) => relay.store()),
  fc.constant<Step>((_, relay) => relay.restart()),
);

function play(script: readonly Step[], commitRest: boolean) {
  const table = new OutboxModel();
  const relay = new RelayModel(table);
  for (const run of script) run(table, relay);
  table.endAll(commitRest);
  while (relay.poll(4, 4) > 0);
  table.pass(BARRIER_DELAY_MS);
  relay.probe();
  while (relay.poll(4, 4) > 0);
  return { table, relay };
}

/** Versions of each key in the order of their first delivery. */
function firstDeliveries(rows: readonly Row[]): Map<number, number[]> {
  const byKey = new Map<number, number[]>();
  for (const { key, version } of rows) {
    const versions = byKey.get(key) ?? [];
    byKey.set(key, versions);
    if (!versions.includes(version)) versions.push(version);
  }
  return byKey;
}

const isRising = (versions: readonly number[]) => versions.every((version, i) => version === i + 1);
const idsOf = (rows: readonly Row[]) => rows.map(({ id }) => id).toSorted((a, b) => Number(a - b));

describe('whatever the order of commits', () => {
  test('every committed row is published once, each key in its order, and no gap stays', () => {
    fc.assert(
      fc.property(steps, fc.boolean(), (script, commitRest) => {
        const { table, relay } = play(script, commitRest);
        expect(idsOf(relay.published)).toEqual(idsOf(table.visible));
        expect([...firstDeliveries(relay.published).values()].every(isRising)).toBe(true);
        expect(relay.gaps).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  test('a relay that dies and starts from what it had stored repeats rows, and skips none', () => {
    const script = fc.array(fc.oneof({ weight: 8, arbitrary: step }, { weight: 1, arbitrary: faults }), {
      minLength: 1,
      maxLength: 150,
      size: 'max',
    });
    fc.assert(
      fc.property(script, fc.boolean(), (run, commitRest) => {
        const { table, relay } = play(run, commitRest);
        expect([...new Set(idsOf(relay.published))]).toEqual(idsOf(table.visible));
        expect([...firstDeliveries(relay.published).values()].every(isRising)).toBe(true);
        expect(relay.gaps).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });
});
