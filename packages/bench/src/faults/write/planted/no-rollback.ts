import type { HandUnit } from './hand-unit.ts';
import { HandLane } from './hand-lane.ts';
import { handRouter } from './hand-router.ts';

/**
 * Planted bug: an error is taken to have ended the transaction. Error 1205 takes back one statement, and the next START
 * TRANSACTION commits the others. The key comes last, as in code that learned of it later.
 */
class DoesNotRollBack extends HandLane {
  protected override statementsOf({ statements, guarded }: HandUnit): readonly string[] {
    return guarded ? statements : statements.toReversed();
  }

  protected override refused(): Promise<void> {
    return Promise.resolve();
  }
}

export const openRouter = (clusterId: string, urls: readonly string[]) =>
  handRouter(clusterId, urls, DoesNotRollBack);
