import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { RideCluster } from '../move/rides.fixture.ts';
import { readSizes } from './move/participants.ts';
import { databaseBytes, tableSizes } from './plan/table-sizes.ts';

let rides: RideCluster;

beforeAll(async () => {
  rides = await RideCluster.start(8, 1);
});

afterAll(() => rides.end());

test('sizes are those of now, also where they were asked for before', async () => {
  await rides.on(0, async (session) => {
    await session.execute(
      // InnoDB counts such a table anew with its changes, and not some time later.
      'CREATE TABLE probes (id INT PRIMARY KEY, filler CHAR(200) NOT NULL) STATS_PERSISTENT = 0',
    );
    await session.execute("INSERT INTO probes VALUES (1, '')");
  });
  const sizes = () =>
    rides.on(0, async (session) => ({
      table: (await tableSizes(session, ['probes']))[0]!.bytes,
      database: await databaseBytes(session),
      moving: (await readSizes(session, ['probes'])).bytes,
    }));
  // Whoever asks as MySQL does by itself has the server remember the answer.
  await rides.on(0, (session) =>
    session.query('SELECT DATA_LENGTH FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()'),
  );
  const before = await sizes();
  await rides.on(0, async (session) => {
    await session.execute(
      `INSERT INTO probes
         WITH RECURSIVE ids (id) AS (SELECT 2 UNION ALL SELECT id + 1 FROM ids WHERE id < 1000) SELECT id, 'x' FROM ids`,
    );
  });
  const after = await sizes();
  expect(after.table).toBeGreaterThan(before.table);
  expect(after.database).toBeGreaterThan(before.database);
  expect(after.moving).toBeGreaterThan(before.moving);
});
