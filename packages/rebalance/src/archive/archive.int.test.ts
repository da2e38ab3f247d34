import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { encodeNumber } from '@ordershard/shard-router';
import { Archive } from './archive.ts';
import { type TestArchive, testBucket, testFolder, type TestShard, testShard } from './archive.fixture.ts';
import { ArchiveReader } from './archive-reader.ts';
import { insertRow } from '../sql/aggregate-rows.ts';
import { type AggregateRows, type Layout, readLayout } from './layout.ts';
import type { Manifest } from './manifest.ts';
import { marksOf, putMark } from './marks.ts';
import { checkArchive, initArchive } from './init-archive.ts';
import { makeArchive } from './make-archive.ts';
import { openArchive, openArchiveStore } from './open-store.ts';
import { queryArchive } from './query.ts';
import { readAggregates } from './read-aggregates.ts';
import { readParquet } from './read-file.ts';
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

let shard: TestShard;

beforeAll(async () => {
  shard = await testShard('archive');
});

afterAll(() => shard.end());

describe.each([
  ['a folder', testFolder],
  ['an S3-compatible store', () => testBucket()],
])('%s', (_name, start) => {
  let place: TestArchive;
  let archive: Archive;
  let manifest: Manifest;

  beforeAll(async () => {
    place = await start();
    archive = new Archive(await makeArchive(place.url, shard.cluster('test'), 'ann'), 'test');
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
    const refused = { code: 'REBALANCE_ARCHIVE_QUERY' };
    const from = (day: string) => queryArchive(place.store, { sql: 'SELECT 1 FROM orders', from: day });
    await expect(from('2026-03-06')).rejects.toMatchObject({
      ...refused,
      message: expect.stringMatching(/^no day from 2026-03-06 to the last is archived in /),
    });
    for (const day of ['2026-3-5', '2026-02-30', "2026-03-05' OR '1'='1"])
      await expect(from(day)).rejects.toMatchObject(refused);
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

  test('nothing is written over: the same rows are taken as they are, others lie beside them', async () => {
    const file = { shard: 7, day: DAY, archivedAt: '2026-04-07T00:00:00.000Z' };
    const few = (index: number) =>
      (async function* () {
        yield [order(index)];
      })();
    const first = await archive.put(file, LAYOUT, few(1));
    const again = { ...file, archivedAt: '2026-04-07T01:00:00.000Z' };
    expect(await archive.put(again, LAYOUT, few(1))).toEqual(first);
    const other = await archive.put(again, LAYOUT, few(2));
    expect([first.file, other.file]).toEqual([`day=${DAY}/shard-7.parquet`, `day=${DAY}/shard-7.2.parquet`]);
    await archive.verify(first);
    expect(await place.store.putText(`day=${DAY}/shard-7.json`, '{}')).toBe(false);
    const one = await Promise.all([
      place.store.putText('marks/1/x', 'a'),
      place.store.putText('marks/1/x', 'b'),
    ]);
    expect(one.toSorted()).toEqual([false, true]);
    await putMark(place.store, { number: 9n, kind: 'restored', at: '2026-04-08T00:00:00.000Z' });
    await putMark(place.store, { number: 9n, kind: 'restored', at: '2026-04-09T00:00:00.000Z' });
    expect((await marksOf(place.store, 9n)).map(({ at }) => at).toSorted()).toEqual([
      '2026-04-08T00:00:00.000Z',
      '2026-04-09T00:00:00.000Z',
    ]);
  });

  test('it belongs to one cluster: another is refused, by its name or by its id', async () => {
    const owner = await (await openArchive(place.url, { clusterId: 'test' })).check();
    expect(owner).toMatchObject({ cluster: 'test', madeBy: 'ann' });
    const staging = await openArchive(place.url, { clusterId: 'staging' });
    const namesake = await openArchive(place.url, { clusterId: 'test', knows: () => Promise.resolve(false) });
    const foreign = { code: 'REBALANCE_ARCHIVE_FOREIGN' };
    for (const strange of [staging, namesake]) {
      await expect(
        new Archive(strange, 'x').put(
          { shard: 0, day: DAY, archivedAt: '2026-04-09T00:00:00.000Z' },
          LAYOUT,
          chunksOf(1),
        ),
      ).rejects.toMatchObject(foreign);
      await expect(new ArchiveReader(strange).find(numberAt(0))).rejects.toMatchObject(foreign);
      await expect(queryArchive(strange, { sql: 'SELECT 1 FROM orders' })).rejects.toMatchObject(foreign);
      await expect(scanArchive(strange, -1n, 2n ** 62n, 1)).rejects.toMatchObject(foreign);
      await expect(putMark(strange, { number: 1n, kind: 'erased', at: '' })).rejects.toMatchObject(foreign);
    }
    await expect(makeArchive(place.url, shard.cluster('staging'), 'bob')).rejects.toMatchObject(foreign);
    await archive.verify(manifest);
  });

  test('one that has days, and does not say whose they are, is taken only when all are of the cluster', async () => {
    const { [0]: url, [1]: rest } = place.url.split('?');
    const below = await openArchiveStore(`${url}/old${rest === undefined ? '' : `?${rest}`}`);
    if (rest === undefined) await mkdir(`${url}/old`);
    await below.putText(`day=${DAY}/shard-0.json`, JSON.stringify(manifest));
    const adopt = (clusterId: string) => checkArchive(below, shard.cluster(clusterId), true);
    await expect(checkArchive(below, shard.cluster('test'), false)).rejects.toMatchObject({
      code: 'REBALANCE_ARCHIVE_REFUSED',
      message: expect.stringMatching(/--adopt/),
    });
    await expect(adopt('staging')).rejects.toMatchObject({ code: 'REBALANCE_ARCHIVE_FOREIGN' });
    const owner = await initArchive(await adopt('test'), shard.cluster('test'), 'ann');
    expect((await adopt('test')).owner).toEqual(owner);
  });

  test('a file in which one byte is another, or that is gone, is noticed; archived anew it counts no more', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ordershard-test-'));
    const path = join(folder, 'copy');
    await place.store.fetch(manifest.file, path);
    const whole = await readFile(path);
    const bent = Buffer.from(whole);
    bent[bent.length >> 1]! ^= 1;
    await writeFile(path, bent);
    await place.tamper(manifest.file, path);
    const damaged = { code: 'REBALANCE_ARCHIVE_DAMAGED', retryable: false };
    await expect(archive.verify(manifest)).rejects.toMatchObject(damaged);
    const anew = { shard: 0, day: DAY, archivedAt: '2026-04-05T01:00:00.000Z' };
    const replacement = await archive.put(anew, LAYOUT, chunksOf(COUNT), manifest);
    expect(replacement.file).toBe(`day=${DAY}/shard-0.2.parquet`);
    expect(await new ArchiveReader(place.store).find(numberAt(0))).toMatchObject({
      archived: { manifest: { file: replacement.file } },
    });
    await writeFile(path, whole);
    await place.tamper(manifest.file, path);
    await archive.verify(manifest);
    await expect(archive.verify({ ...manifest, file: 'day=2026-03-05/none.parquet' })).rejects.toMatchObject(
      damaged,
    );
    await writeFile(path, '{}');
    await place.tamper(`day=${DAY}/shard-0.json`, path);
    await expect(archive.verify(manifest)).rejects.toMatchObject(damaged);
    await rm(folder, { recursive: true });
  });
});

test('a folder that is not there is never made, and one that is gone is no empty archive', async () => {
  const place = await testFolder();
  const missing = { code: 'REBALANCE_ARCHIVE_MISSING', retryable: false };
  const mistyped = `${place.url}/archvie`;
  await expect(makeArchive(mistyped, shard.cluster('test'), 'ann')).rejects.toMatchObject(missing);
  const archive = await makeArchive(place.url, shard.cluster('test'), 'ann');
  expect(await new ArchiveReader(archive).find(numberAt(0))).toEqual({ kind: 'missing' });
  // As a disk that is not mounted any more: the folder is there, and nothing in it.
  await rename(`${place.url}/archive.json`, `${place.url}/away.json`);
  await expect(archive.list('day=')).rejects.toMatchObject(missing);
  await expect(archive.putText('marks/1/erased.json', '{}')).rejects.toMatchObject(missing);
  await expect(new ArchiveReader(archive).find(numberAt(0))).rejects.toMatchObject(missing);
  await expect(queryArchive(archive, { sql: 'SELECT 1' })).rejects.toMatchObject(missing);
  expect(await readdir(place.url)).toEqual(['away.json']);
  await place.end();
  await expect(archive.list('day=')).rejects.toMatchObject(missing);
  await expect(archive.putText('a', 'b')).rejects.toMatchObject(missing);
});

test('a store that writes over what is there becomes no archive', async () => {
  const place = await testBucket(false);
  const made = makeArchive(place.url, shard.cluster('test'), 'ann');
  await expect(made).rejects.toMatchObject({
    code: 'REBALANCE_ARCHIVE_REFUSED',
    message: expect.stringMatching(/If-None-Match/),
  });
  await place.end();
});

test('a place that cannot be used is an error by type', async () => {
  for (const url of ['http://archive', 's3://orders/a?enpoint=http://minio', 's3://orders/%zz'])
    await expect(openArchiveStore(url)).rejects.toMatchObject({ code: 'REBALANCE_ARCHIVE_URL' });
  const store = await openArchiveStore(`${import.meta.filename}/archive`);
  await expect(store.putText('a', 'b')).rejects.toMatchObject({
    code: 'REBALANCE_ARCHIVE_UNAVAILABLE',
    retryable: true,
  });
});

test('FLOATs lie in it, and come back, as the numbers that they are', async () => {
  const place = await testFolder();
  const archive = new Archive(await makeArchive(place.url, shard.cluster('test'), 'ann'), 'test');
  const numbers = await shard.sessions.onShard(0, async (session) => {
    for (const table of ['rides', 'rides_back'])
      await session.execute(`CREATE TABLE ${table} (number BIGINT PRIMARY KEY, latitude FLOAT, width FLOAT)`);
    await session.execute(
      'INSERT INTO rides VALUES (1, 37.566536, 16777215), (2, 1e-30, 3.4e38), (3, 0.1, NULL)',
    );
    const parts = [{ table: 'rides', carriedIn: 'rides_back' }] as const;
    const layout = await readLayout(session, { root: parts[0], parts, finalWhen: 'TRUE', outbox: [] });
    const manifest = await archive.put(
      { shard: 0, day: DAY, archivedAt: '2026-04-05T00:00:00.000Z' },
      layout,
      readAggregates(session, layout, (table) => table),
    );
    for await (const rows of readParquet(await place.store.open(manifest.file), layout))
      for (const { root } of rows)
        await insertRow(session, 'rides_back', ['number', 'latitude', 'width'], root);
    return session.query(
      `SELECT number FROM rides JOIN rides_back AS back USING (number)
        WHERE rides.latitude <=> back.latitude AND rides.width <=> back.width ORDER BY number`,
    );
  });
  expect(numbers).toEqual(['1', '2', '3'].map((number) => ({ number })));
  await place.end();
});
