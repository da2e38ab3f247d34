import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type FindingKind, Findings } from '../../findings.ts';
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

describe('the check finds', () => {
  test.each<{ bug: string; projector: string; kind: FindingKind; detail: RegExp; series: readonly Fault[] }>([
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
      const findings = new Findings();
      const random = new Seeded(5);
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
      } finally {
        await scene.close();
      }
      expect(findings.all()).toContainEqual(
        expect.objectContaining({ kind, detail: expect.stringMatching(detail) }),
      );
    },
    240_000,
  );
});
