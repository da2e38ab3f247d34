import type { OperatorParts } from '../cli/operator-parts.ts';
import { collectionOf, type Projection } from '../views/collections.ts';
import { ensureIndexes, orderViews } from '../views/order-views.ts';
import { exitCodeOf } from '../verify/report.ts';
import { runVerify } from '../verify/run-verify.ts';
import { archiveSource } from './archive-source.ts';
import { viewsBehind } from './as-far.ts';
import { type Build, type Control, ControlStore } from './control.ts';
import { type CopyOptions, type CopyProgress, copyViews, DONE, readCopyProgress } from './copy.ts';
import { RebuildStateError, SwitchRefusedError } from './errors.ts';
import { Instances, type Role } from './instances.ts';
import { type OrderSource, shardSource } from './order-source.ts';

export interface RebuildStatus extends Control {
  readonly copy: CopyProgress | undefined;
  /** Instances that have not acknowledged the present epoch yet. */
  readonly behind: Readonly<Record<Role, readonly string[]>>;
}

/** How fast to compare views before a switch. */
export interface SwitchOptions {
  readonly chunk: number;
  readonly rate: number;
  readonly signal: AbortSignal;
}

/**
 * Builds the views anew beside those that are served. Each step changes the control document by compare-and-set, and then
 * waits until every instance has acknowledged the change. When a step was killed half way, its command does it again.
 */
export class Rebuild {
  readonly #parts: OperatorParts;
  readonly #projection: Projection;
  readonly #control: ControlStore;
  readonly #instances: Instances;
  readonly #patienceMs: number;
  readonly #more: readonly OrderSource[];

  constructor(
    parts: OperatorParts,
    projection: Projection,
    patienceMs: number,
    more: readonly OrderSource[] = [],
  ) {
    this.#more = more;
    this.#parts = parts;
    this.#projection = projection;
    this.#control = new ControlStore(parts.db, projection);
    this.#instances = new Instances(parts.db, projection.name);
    this.#patienceMs = patienceMs;
  }

  async status(): Promise<RebuildStatus> {
    const control = await this.#control.read();
    return {
      ...control,
      copy: control.build && (await readCopyProgress(this.#parts.db, control.build.collection)),
      behind: {
        projector: await this.#instances.behind('projector', control.epoch),
        reader: await this.#instances.behind('reader', control.epoch),
      },
    };
  }

  /** Begins a build: makes the new collection, and makes projectors write to it before the served one. */
  async start(): Promise<Build> {
    const control = await this.#control.read();
    if (control.build !== undefined) {
      throw new RebuildStateError(
        `${control.build.collection} is ${control.build.state}: finish or abort it`,
      );
    }
    const builds = control.builds + 1;
    const collection = `${collectionOf(this.#projection)}_b${builds}`;
    await ensureIndexes(orderViews(this.#parts.db, collection));
    const build: Build = { collection, from: control.serving, state: 'copying' };
    await this.#control.change(control, { builds, build, targets: [collection, control.serving] });
    return build;
  }

  /**
   * Fills the new collection, or goes on filling it. The copy begins only when every projector writes to the new collection.
   * So what a projector wrote to the old one alone was committed before the copy reads it.
   */
  async copy(options: CopyOptions): Promise<CopyProgress> {
    const control = await this.#control.read();
    const build = this.#expect(control, ['copying', 'copied']);
    await this.#instances.acknowledged('projector', control.epoch, this.#patienceMs);
    const { db, router, archive } = this.#parts;
    const progress = await copyViews(
      {
        router,
        db,
        sources: [
          shardSource(router),
          ...(archive === undefined ? [] : [archiveSource(archive)]),
          ...this.#more,
        ],
        from: orderViews(db, build.from),
        to: orderViews(db, build.collection),
      },
      options,
    );
    if (progress.phase === DONE && build.state === 'copying') {
      await this.#control.change(control, { build: { ...build, state: 'copied' } });
    }
    return progress;
  }

  /**
   * Serves the new collection. Before that, compares it with the served one and with the orders. After that, when every
   * reader has acknowledged, makes projectors write to the old one first, so that readers may move back.
   */
  async switch({ chunk, rate, signal }: SwitchOptions): Promise<void> {
    const control = await this.#control.read();
    const build = this.#expect(control, ['copied', 'switched']);
    if (control.serving === build.collection) return this.#settleOn(control);
    if (control.targets[0] !== build.collection) {
      await this.#settleOn(control);
      return this.switch({ chunk, rate, signal });
    }
    await this.#instances.acknowledged('projector', control.epoch, this.#patienceMs);
    const { db, router } = this.#parts;
    const [from, to] = [orderViews(db, control.serving), orderViews(db, build.collection)];
    const [first] = await viewsBehind(router, from, to, chunk);
    if (first !== undefined)
      throw new SwitchRefusedError(`${build.collection} is behind, such as in order ${first}`);
    const pass = { chunk, rate, signal, repair: false, restart: true };
    const verified = await runVerify(this.#parts, to, pass);
    if (!verified.finished || exitCodeOf(verified) !== 0) {
      throw new SwitchRefusedError(
        `${build.collection} differs from the orders: ${JSON.stringify(verified.counts)}`,
      );
    }
    const { collection: serving } = build;
    return this.#settleOn(
      await this.#control.change(control, { serving, build: { ...build, state: 'switched' } }),
    );
  }

  /** Serves the old collection again. Projectors have kept writing to it. */
  async rollBack(): Promise<void> {
    const control = await this.#control.read();
    const build = this.#expect(control, ['switched']);
    // Before any reader may move to the old collection, every reader must be on the new one and writes must reach the old one
    // first.
    await this.#settleOn(control);
    if (control.serving === build.from) return;
    const ready = await this.#control.read();
    await this.#settleOn(await this.#control.change(ready, { serving: build.from }));
  }

  /**
   * Ends the rebuild: makes projectors write only to the served collection, and drops the other one. Returns the dropped
   * one's name.
   */
  async end(keep: 'new' | 'old'): Promise<string> {
    const control = await this.#control.read();
    const build = this.#expect(control, ['copying', 'copied', 'switched']);
    const [kept, dropped] = keep === 'new' ? [build.collection, build.from] : [build.from, build.collection];
    if (control.serving !== kept) {
      throw new RebuildStateError(
        `${control.serving} is served: ${keep === 'new' ? 'switch' : 'roll back'} first`,
      );
    }
    await this.#instances.acknowledged('reader', control.epoch, this.#patienceMs);
    const alone =
      control.targets.length === 1 ? control : await this.#control.change(control, { targets: [kept] });
    await this.#instances.acknowledged('projector', alone.epoch, this.#patienceMs);
    await this.#parts.db.collection(dropped).drop();
    await this.#control.change(alone, { build: undefined });
    return dropped;
  }

  /** Waits until every reader is on the served collection. Then turns the order of writes, so that readers may move back. */
  async #settleOn(control: Control): Promise<void> {
    await this.#instances.acknowledged('reader', control.epoch, this.#patienceMs);
    const other = control.targets.find((target) => target !== control.serving);
    if (other === undefined) return;
    const turned =
      control.targets[0] === other
        ? control
        : await this.#control.change(control, { targets: [other, control.serving] });
    await this.#instances.acknowledged('projector', turned.epoch, this.#patienceMs);
  }

  #expect(control: Control, states: readonly Build['state'][]): Build {
    const { build } = control;
    if (build === undefined) throw new RebuildStateError('there is no rebuild');
    if (!states.includes(build.state)) {
      throw new RebuildStateError(`${build.collection} is ${build.state}, not ${states.join(' or ')}`);
    }
    return build;
  }
}
