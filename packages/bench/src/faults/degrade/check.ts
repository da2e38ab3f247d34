import type { Scene } from './scene.ts';
import { isSettled, type Standing, standings, wrongsOf } from '../../third-parties/settled.ts';
import type { Findings } from '../findings.ts';

/** Orders that were acknowledged, and which of them have not come to an end yet. */
export class Acknowledged {
  readonly #scene: Scene;
  readonly #findings: Findings;
  /** Numbers of orders that are not known to have ended, with a view that shows it. */
  readonly #open = new Set<bigint>();
  count = 0;

  constructor(scene: Scene, findings: Findings) {
    this.#scene = scene;
    this.#findings = findings;
  }

  add(number: bigint): void {
    this.count += 1;
    if (this.#open.has(number))
      this.#findings.add('duplicated', String(number), 'was acknowledged for two orders');
    this.#open.add(number);
  }

  /** Numbers of the orders that are not known to have come to their end. */
  get open(): readonly bigint[] {
    return [...this.#open];
  }

  /**
   * Looks at all open orders. Returns true when none of `numbers` is open any more. Throws when a part that it needs does not
   * answer.
   */
  async haveEnded(numbers: readonly bigint[]): Promise<boolean> {
    const all = await standings(this.#scene.router, [...this.#open], this.#scene.fake);
    const shown = await this.#shown(all);
    for (const standing of all) if (isSettled(standing) && shown.has(standing.number)) this.#ended(standing);
    return !numbers.some((number) => this.#open.has(number));
  }

  /** Adds findings for the orders that are still open: each is lost, hangs, or is not shown. */
  async judge(): Promise<void> {
    for (const number of this.#open) {
      try {
        const [standing] = await standings(this.#scene.router, [number], this.#scene.fake);
        for (const wrong of wrongsOf(standing!)) this.#findings.add('mismatched', String(number), wrong);
        if (isSettled(standing!))
          this.#findings.add('mismatched', String(number), 'its view is not the order');
      } catch {
        this.#findings.add('lost', String(number), 'was acknowledged and is not there');
      }
    }
  }

  #ended(standing: Standing): void {
    this.#open.delete(standing.number);
    for (const wrong of wrongsOf(standing)) this.#findings.add('mismatched', String(standing.number), wrong);
  }

  /** Numbers of the orders whose view has the status of the order. */
  async #shown(some: readonly Standing[]): Promise<Set<bigint>> {
    const views = await this.#scene.mongo
      .db()
      .collection<{ _id: bigint; status: string }>('order_views')
      .find({ _id: { $in: some.map(({ number }) => number) } }, { projection: { status: 1 } })
      .toArray();
    const statuses = new Map(views.map(({ _id, status }) => [_id, status]));
    return new Set(
      some.filter(({ number, status }) => statuses.get(number) === status).map(({ number }) => number),
    );
  }
}
