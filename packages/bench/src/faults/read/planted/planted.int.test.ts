import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Findings } from '../../findings.ts';
import { findBySomeSeed, type Sought } from '../../planted/by-some-seed.ts';
import { Seeded } from '../../seeded.ts';
import type { Fault } from '../fault.ts';
import { repeatEvents } from '../kinds/messages.ts';
import { killProjector } from '../kinds/projectors.ts';
import { play } from '../play.ts';
import { Scene } from '../scene.ts';
import { type Servers, startServers } from '../../read-side-servers.ts';

let servers: Servers;

beforeAll(async () => {
  servers = await startServers(() => undefined);
});

afterAll(() => servers.end());

/** Does faults to a projector of this folder, and gives what the check found. */
async function faults(projector: string, series: readonly Fault[], seed: number) {
  const findings = new Findings();
  const random = new Seeded(seed);
  const scene = await Scene.open({
    servers,
    random,
    findings,
    projector: fileURLToPath(new URL(`${projector}.ts`, import.meta.url)),
    projectors: 2,
    letters: false,
  });
  try {
    const tallies = await play(scene, series, random, () => undefined);
    expect(tallies.landed).toBe(series.length);
    return findings.all();
  } finally {
    await scene.close();
  }
}

describe('the check finds', () => {
  test.each<Sought & { bug: string; projector: string; series: readonly Fault[] }>([
    {
      bug: 'offsets that are committed before the views are stored',
      projector: 'commit-first',
      kind: 'lost',
      detail: /^(it has no view|its view is at version)/,
      series: [killProjector, killProjector],
    },
    {
      bug: 'views that give way to older ones',
      projector: 'ungated',
      kind: 'outOfOrder',
      detail: /^from version \d+ to \d+$/,
      series: [repeatEvents],
    },
  ])(
    '$bug',
    async ({ projector, kind, detail, series }) => {
      const found = await findBySomeSeed({ kind, detail }, (seed) => faults(projector, series, seed));
      expect(found).toContainEqual(expect.objectContaining({ kind, detail: expect.stringMatching(detail) }));
    },
    240_000,
  );
});
