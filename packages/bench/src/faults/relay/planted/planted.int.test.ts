import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { applyTopic } from '@ordershard/outbox';
import { Findings } from '../../findings.ts';
import { findBySomeSeed, type Sought } from '../../planted/by-some-seed.ts';
import { Seeded } from '../../seeded.ts';
import type { Fault } from '../fault.ts';
import { cutAfter, cutBefore, cutLate } from '../kinds/cut-produce.ts';
import { isolateFromBroker } from '../kinds/isolate-from-broker.ts';
import { killRelay } from '../kinds/kill-relay.ts';
import { play } from '../play.ts';
import { Scene } from '../scene.ts';
import { emptyOutbox, type Servers, startServers } from '../servers.ts';

let servers: Servers;

beforeAll(async () => {
  servers = await startServers(undefined, () => undefined);
});

afterAll(() => servers.end());

/** Does faults to a relay of this folder, and gives what the check found. */
async function faults(relay: string, series: readonly Fault[], seed = 5) {
  const findings = new Findings();
  const random = new Seeded(seed);
  const topicPrefix = `${relay}.${seed}.`;
  const topic = { name: `${topicPrefix}orders.snapshots`, partitions: 6, replication: 1 };
  await applyTopic({ brokers: [servers.brokers], clientId: 'planted' }, topic);
  const scene = await Scene.open({
    servers,
    random,
    findings,
    topicPrefix,
    relay: fileURLToPath(new URL(`${relay}.ts`, import.meta.url)),
    relays: 2,
  });
  try {
    const groups = series.map((fault) => [fault]);
    const tallies = await play(scene, groups, random, () => undefined);
    return { found: findings.all(), tallies };
  } finally {
    await scene.close();
    await emptyOutbox(servers.urls);
  }
}

test('a relay by hand that has no bug passes', async () => {
  const series = [cutBefore, cutAfter, killRelay, cutLate, isolateFromBroker];
  const { found, tallies } = await faults('none', series);
  expect(found).toEqual([]);
  expect(tallies.landed).toBe(series.length);
});

describe('the check finds', () => {
  test.each<Sought & { bug: string; relay: string; series: readonly Fault[] }>([
    {
      bug: 'a read of ids above the last one',
      relay: 'id-above-last',
      kind: 'lost',
      detail: /committed, and not on the topic$/,
      series: [cutAfter],
    },
    {
      bug: 'a settled row that was not acknowledged',
      relay: 'settle-before-ack',
      kind: 'lost',
      detail: /committed, and not on the topic$/,
      series: [cutBefore, cutBefore],
    },
    {
      bug: 'a retry after what came later',
      relay: 'retry-later',
      kind: 'outOfOrder',
      detail: /first published after version/,
      series: [isolateFromBroker],
    },
  ])('$bug', async ({ relay, kind, detail, series }) => {
    const seeded = async (seed: number) => (await faults(relay, series, seed)).found;
    const found = await findBySomeSeed({ kind, detail }, seeded);
    expect(found).toContainEqual(expect.objectContaining({ kind, detail: expect.stringMatching(detail) }));
  });
});
