import type { HandUnit } from './hand-unit.ts';
import { HandLane } from './hand-lane.ts';
import { handRouter } from './hand-router.ts';

class NotAppliedError extends Error {
  override readonly name = 'NotAppliedError';
  readonly code = 'PLANTED_NOT_APPLIED';
  readonly retryable = false;
}

/** Planted bug: after a lost answer the unit is looked for, and what is not there is taken to have failed. */
class ResolvesByReading extends HandLane {
  protected override async lost(units: readonly HandUnit[]): Promise<void> {
    for (const unit of units)
      if (!(await this.look(unit))) unit.reject(new NotAppliedError('it was looked for, and is not there'));
  }
}

export const openRouter = (clusterId: string, urls: readonly string[]) =>
  handRouter(clusterId, urls, ResolvesByReading);
