import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { encodeNumber } from '@ordershard/shard-router';
import { Archive } from './archive.ts';
import { type TestArchive, testBucket, testFolder } from './archive.fixture.ts';
import { ArchiveReader } from './archive-reader.ts';
import type { AggregateRows, Layout } from './layout.ts';
import type { Manifest } from './manifest.ts';
import { putMark } from './marks.ts';
import { openArchiveStore } from './open-store.ts';
import { queryArchive } from './query.ts';
import { scanArchive } from './scan-archive.ts';

const column = (
  name: string,
  type: string,
  more: { unsigned?: boolean; fraction?: number; key?: number } = {},
) => ({
  name,
  type,
  unsigned: false,
  fraction: 0,
  key: 0,
  ...more,
});

const LAYOUT: Layout = {
  root: {
    table: 'orders',
    columns: [
      column('number', 'bigint', { key: 1 }),
      column('version', 'int', { unsigned: true }),
      column('total', 'bigint', { unsigned: true }),
      column('details', 'json'),
      column('weight', 'decimal'),
      column('share', 'double'),
      column('hash', 'binary'),
      column('made', 'date'),
      column('at', 'datetime', { fraction: 3 }),
      column('since', 'datetime', { fraction: 6 }),
    ],
  },
  children: [
    {
      table: 'order_items',
      columns: [
        column('number', 'bigint', { key: 1 }),
        column('line', 'smallint', { key: 2 }),
        column('name', 'varchar'),
      ],
    },
    { table: 'notes', columns: [column('number', 'bigint', { key: 1 }), column('body', 'text')] },
  ],
};

const DAY = '2026-03-05';
const AWKWARD = '"떡볶이" \\ \' ; -- $set 🍚 \t\r\n %_ \u0001';
const numberAt = (index: number) =>
  encodeNumber({ timeMs: Date.parse(`${DAY}T00:00:00Z`) + index * 100, worker: 1, sequence: 0 });

function order(index: number): AggregateRows {
  const number = numberAt(index).toString();
  return {
    number: BigInt(number),
    root: {
      number,
      version: index % 7,
      total: (2n ** 64n - 1n - BigInt(index)).toString(),
      details: JSON.stringify({ note: AWKWARD, index }),
      weight: '12345678901234567890.123456789',
      share: index / 3,
      hash: index % 2 === 0 ? null : Buffer.from([0, 255, index % 256]),
      made: index === 0 ? '1969-12-31' : '2026-03-05',
      at: index === 0 ? '1969-12-31 23:59:59.999' : '2026-03-05 01:02:03.004',
      since: index === 0 ? '1969-12-31 23:59:59.999999' : '2026-03-05 01:02:03.000004',
    },
    children: {
      order_items: Array.from({ length: index % 4 }, (_, line) => ({
        number,
        line,
        name: `${AWKWARD}${line}`,
      })),
      notes: [],
    },
  };
}

async function* chunksOf(count: number): AsyncGenerator<AggregateRows[]> {
  for (let from = 0; from < count; from += 1_000) {
    yield Array.from({ length: Math.min(1_000, count - from) }, (_, i) => order(from + i));
  }
}

/** More than one row group. */
const COUNT = 20_000;

describe.each([
  ['a folder', testFolder],
  ['an S3-compatible store', testBucket],
])('%s', (_name, start) => {
  let place: TestArchive;
  let archive: Archive;
  let manifest: Manifest;

  beforeAll(async () => {
    place = await start();
    archive = new Archive(place.store, 'test');
    manifest = await archive.put(
      { shard: 0, day: DAY, archivedAt: '2026-04-05T00:00:00.000Z' },
      LAYOUT,
      chunksOf(COUNT),
    );
  });

  afterAll(() => place.end());

  test('a day is there with its manifest, whole', async () => {
    expect(manifest).toMatchObject({
      file: `day=${DAY}/shard-0.parquet`,
      rows: { orders: COUNT, order_items: (COUNT / 4) * 6, notes: 0 },
      first: numberAt(0).toString(),
      last: numberAt(COUNT - 1).toString(),
    });
    await archive.verify(manifest);
  });

  test('an order comes back from it value for value', async () => {
    const reader = new ArchiveReader(place.store);
    for (const index of [0, 1, 9_999, COUNT - 1]) {
      const answer = await reader.find(numberAt(index));
      expect(answer).toMatchObject({ kind: 'archived', archived: { rows: order(index) } });
    }
    expect(await reader.find(numberAt(COUNT))).toEqual({ kind: 'missing' });
    expect(await reader.find(numberAt(3) + 1n)).toEqual({ kind: 'missing' });
  });

  test('it is read from its beginning to its end, some at once', async () => {
    const numbers: bigint[] = [];
    const end = 2n ** 63n - 1n;
    for (let after = -1n; after < end;) {
      const { rows, upTo } = await scanArchive(place.store, after, end, 6_000);
      expect(upTo).toBeGreaterThan(after);
      for (const row of rows) numbers.push(row.number);
      after = upTo;
    }
    expect(numbers).toEqual(Array.from({ length: COUNT }, (_, index) => numberAt(index)));
  });

  test('it is asked in SQL, and shows nothing else of this machine', async () => {
    const sum =
      'SELECT count(*) AS n, max(line) AS line FROM order_items JOIN orders USING (number) WHERE version = 3';
    const { rows } = await queryArchive(place.store, { sql: sum });
    let expected = 0;
    for (let i = 3; i < COUNT; i += 7) expected += i % 4;
    expect(rows).toEqual([{ n: String(expected), line: '2' }]);
    const outside = await queryArchive(place.store, {
      sql: 'SELECT count(*) AS n FROM orders',
      from: '2026-03-06',
    }).catch((error: unknown) => error);
    expect(outside).toMatchObject({ code: 'REBALANCE_ARCHIVE_QUERY' });
    await expect(
      queryArchive(place.store, { sql: "SELECT * FROM read_text('/etc/hostname')" }),
    ).rejects.toMatchObject({ code: 'REBALANCE_ARCHIVE_QUERY' });
  });

  test('of an order that was archived twice the newer copy counts, and none that a mark voids', async () => {
    const again = { ...order(5), root: { ...order(5).root, version: 99 } };
    await archive.put(
      { shard: 1, day: DAY, carriedAs: 'carried-1', archivedAt: '2026-04-06T00:00:00.000Z' },
      LAYOUT,
      (async function* () {
        yield [again];
      })(),
    );
    const versions = async () =>
      (await queryArchive(place.store, { sql: `SELECT version FROM orders WHERE number = ${numberAt(5)}` }))
        .rows;
    const found = () => new ArchiveReader(place.store).find(numberAt(5));
    expect(await found()).toMatchObject({ archived: { rows: again, manifest: { shard: 1 } } });
    expect(await versions()).toEqual([{ version: '99' }]);
    await putMark(place.store, { number: numberAt(5), kind: 'restored', at: '2026-04-06T12:00:00.000Z' });
    expect(await found()).toEqual({ kind: 'restored' });
    expect(await versions()).toEqual([]);
    await putMark(place.store, { number: numberAt(6), kind: 'erased', at: '2026-04-01T00:00:00.000Z' });
    expect(await new ArchiveReader(place.store).find(numberAt(6))).toEqual({ kind: 'erased' });
  });

  test('a file in which one byte is another, or that is gone, is noticed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ordershard-test-'));
    const path = join(folder, 'copy');
    await place.store.fetch(manifest.file, path);
    const whole = await readFile(path);
    const bent = Buffer.from(whole);
    bent[bent.length >> 1]! ^= 1;
    await writeFile(path, bent);
    await place.store.put(manifest.file, path);
    const damaged = { code: 'REBALANCE_ARCHIVE_DAMAGED', retryable: false };
    await expect(archive.verify(manifest)).rejects.toMatchObject(damaged);
    await writeFile(path, whole);
    await place.store.put(manifest.file, path);
    await archive.verify(manifest);
    await expect(archive.verify({ ...manifest, file: 'day=2026-03-05/none.parquet' })).rejects.toMatchObject(
      damaged,
    );
    await place.store.putText(`day=${DAY}/shard-0.json`, '{}');
    await expect(archive.verify(manifest)).rejects.toMatchObject(damaged);
    await rm(folder, { recursive: true });
  });
});

test('a place that cannot be used is an error by type', async () => {
  await expect(openArchiveStore('http://archive')).rejects.toMatchObject({ code: 'REBALANCE_ARCHIVE_URL' });
  const store = await openArchiveStore(`${import.meta.filename}/archive`);
  await expect(store.putText('a', 'b')).rejects.toMatchObject({
    code: 'REBALANCE_ARCHIVE_UNAVAILABLE',
    retryable: true,
  });
});
