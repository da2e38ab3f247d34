import type { HandUnit } from './hand-unit.ts';
import { HandLane } from './hand-lane.ts';
import { handRouter } from './hand-router.ts';

/** Planted bug: rows that cannot be inserted are left out, or cut to fit, without a word. */
class Ignores extends HandLane {
  protected override statementsOf({ statements }: HandUnit): readonly string[] {
    return statements.map((text) => text.replace(/^\s*INSERT INTO/i, 'INSERT IGNORE INTO'));
  }
}

export const openRouter = (clusterId: string, urls: readonly string[]) =>
  handRouter(clusterId, urls, Ignores);
