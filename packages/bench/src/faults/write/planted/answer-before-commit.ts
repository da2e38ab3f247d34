import type { HandUnit } from './hand-unit.ts';
import { HandLane } from './hand-lane.ts';
import { handRouter } from './hand-router.ts';

/** Planted bug: callers are told when their units are sent, and nobody is left to write again what is lost on the way. */
class AnswersBeforeCommit extends HandLane {
  protected override sending(units: readonly HandUnit[]): void {
    for (const unit of units) unit.resolve(this.applied(unit.statements.map(() => 1)));
  }
}

export const openRouter = (clusterId: string, urls: readonly string[]) =>
  handRouter(clusterId, urls, AnswersBeforeCommit);
