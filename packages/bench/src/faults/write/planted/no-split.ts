import type { HandUnit } from './hand-unit.ts';
import { HandLane } from './hand-lane.ts';
import { handRouter } from './hand-router.ts';

/** Planted bug: when a transaction fails, the unit that is bad is told, and the others are taken to be done. */
class DoesNotSplit extends HandLane {
  protected override async failed(units: readonly HandUnit[], error: unknown): Promise<void> {
    // The shortest has fewest statements: it is the one that is not an order.
    const bad = units.toSorted((a, b) => a.statements.length - b.statements.length)[0]!;
    await super.failed([bad], error);
    for (const unit of units) if (unit !== bad) unit.resolve(this.applied(unit.statements.map(() => 1)));
  }
}

export const openRouter = (clusterId: string, urls: readonly string[]) =>
  handRouter(clusterId, urls, DoesNotSplit);
