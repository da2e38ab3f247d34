import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DuplicateRowError } from '@ordershard/shard-router';
import * as fc from 'fast-check';
import { RideCluster } from './rides.fixture.ts';
import { acts, play } from './texts-play.fixture.ts';
import { Tickets } from './tickets.fixture.ts';

let rides: RideCluster;

beforeAll(async () => {
  rides = await RideCluster.start();
});

afterAll(async () => rides.end());

test('whatever epochs open and buckets move: each row of a text key that was acknowledged is found, and none is written twice', async () => {
  const tickets = new Tickets(rides);
  await fc.assert(
    fc.asyncProperty(acts, async (list) => {
      for (const act of list) await play(rides, tickets, act);
      expect(await tickets.lost()).toEqual([]);
      for (const text of tickets.acknowledged.keys())
        await expect(tickets.insert(text)).rejects.toThrow(DuplicateRowError);
    }),
    { numRuns: 5, seed: 20_261_129, endOnFailure: true },
  );
}, 240_000);
