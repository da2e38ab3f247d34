import { randomUUID } from 'node:crypto';
import type { OrderSnapshot } from '@ordershard/order-events';
import type { Logger } from '@ordershard/process';
import type { Db, Document } from 'mongodb';
import { listEntry } from '../projections/list-entry.ts';
import { orderView } from '../projections/order-view.ts';
import { shopDayChange, type ShopDay } from '../projections/shop-day.ts';
import { ViewsUnavailableError } from '../errors.ts';
import { ControlStore } from '../rebuild/control.ts';
import { ControlWatch } from '../rebuild/control-watch.ts';
import { Instances } from '../rebuild/instances.ts';
import {
  ORDER_LISTS_PROJECTION,
  ORDER_VIEWS_PROJECTION,
  type Projection,
  SHOP_DAYS_PROJECTION,
} from '../views/collections.ts';
import { withoutErased } from '../views/erasures.ts';
import { ensureIndexesOf } from '../views/indexes.ts';
import { NewOrKnown } from '../views/new-or-known.ts';
import { viewsOf } from '../views/order-views.ts';
import { writeShopDays } from '../views/write-shop-days.ts';
import { type VersionedView, writeViews } from '../views/write-views.ts';
import type { Unwritten } from './projector.ts';

/** A projection whose views this process writes. */
export interface OpenProjection<V = unknown> {
  readonly projection: Projection;
  readonly project: (of: { readonly data: OrderSnapshot }) => V;
  /** Makes the indexes of the collections that the projection writes to. Throws ViewsUnavailableError. */
  prepare(): Promise<void>;
  /**
   * Stores views in all collections that the projection writes to now. Returns the views that were not stored. Throws
   * ViewsUnavailableError.
   */
  write(views: readonly V[], fresh: readonly boolean[]): Promise<readonly Unwritten[]>;
  start(): void;
  close(): Promise<void>;
}

export interface OpenOptions {
  readonly db: Db;
  readonly clientId: string;
  readonly log: Logger;
}

/** All projections, by name. */
const OPEN = {
  [ORDER_VIEWS_PROJECTION.name]: (options: OpenOptions) =>
    openState(ORDER_VIEWS_PROJECTION, orderView, options, withoutErased),
  [ORDER_LISTS_PROJECTION.name]: (options: OpenOptions) =>
    openState(ORDER_LISTS_PROJECTION, listEntry, options),
  [SHOP_DAYS_PROJECTION.name]: openShopDays,
} as Readonly<Record<string, (options: OpenOptions) => OpenProjection>>;

export const PROJECTION_NAMES: readonly string[] = Object.keys(OPEN);

/** Opens one of {@link PROJECTION_NAMES}. */
export function openProjection(name: string, options: OpenOptions): OpenProjection {
  return OPEN[name]!(options);
}

/**
 * Combines several projections into one: an order is projected in all of them. An order that one of them could not store
 * counts as not stored.
 */
export function allOf(
  projections: readonly OpenProjection[],
): Pick<OpenProjection<readonly unknown[]>, 'project' | 'write'> {
  return {
    project: (of) => projections.map(({ project }) => project(of)),
    write: async (views, fresh) => {
      const unwritten = new Map<number, Unwritten>();
      for (const [i, one] of projections.entries()) {
        const some = views.map((view) => view[i]);
        for (const failed of await one.write(some, fresh)) unwritten.set(failed.index, failed);
      }
      return [...unwritten.values()];
    },
  };
}

/**
 * Opens a projection whose view of an order depends on the order alone. `permitted` returns the views as they may be stored.
 */
function openState<V extends VersionedView & Document>(
  projection: Projection,
  project: (of: { readonly data: OrderSnapshot }) => V,
  options: OpenOptions,
  permitted: (db: Db, views: readonly V[]) => Promise<readonly V[]> = (_, views) => Promise.resolve(views),
): OpenProjection<V> {
  const guess = new NewOrKnown();
  return opened(projection, project, options, async (collections, given, fresh) => {
    const views = await answered(permitted(options.db, given));
    const isNew = guess.takeForNew(views.length) ? (index: number) => fresh[index] === true : undefined;
    const refused = new Map<number, Unwritten>();
    for (const collection of collections) {
      const written = await writeViews(viewsOf<V>(options.db, collection), views, isNew);
      for (const view of written.refused) refused.set(view.index, view);
      if (isNew !== undefined) guess.note(fresh.filter(Boolean).length, written.known);
    }
    return [...refused.values()];
  });
}

/** Returns what MongoDB answers. Throws ViewsUnavailableError. */
async function answered<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (cause) {
    throw new ViewsUnavailableError(`erasures could not be read: ${(cause as Error).message}`, { cause });
  }
}

function openShopDays(options: OpenOptions) {
  return opened(SHOP_DAYS_PROJECTION, shopDayChange, options, (collections, changes) =>
    writeShopDays(
      options.db,
      collections.map((name) => viewsOf<ShopDay>(options.db, name)),
      changes,
    ),
  );
}

function opened<V>(
  projection: Projection,
  project: (of: { readonly data: OrderSnapshot }) => V,
  { db, clientId, log }: OpenOptions,
  write: (
    collections: readonly string[],
    views: readonly V[],
    fresh: readonly boolean[],
  ) => Promise<readonly Unwritten[]>,
): OpenProjection<V> {
  const watch = new ControlWatch(
    new ControlStore(db, projection),
    new Instances(db, projection.name),
    `${clientId}-${projection.name}-${randomUUID()}`,
    log,
  );
  return {
    projection,
    project,
    prepare: () =>
      watch.withTargets(async (collections) => {
        for (const collection of collections) await ensureIndexesOf(projection, viewsOf(db, collection));
      }),
    write: (views, fresh) => watch.withTargets((collections) => write(collections, views, fresh)),
    start: () => watch.start(),
    close: () => watch.stop(),
  };
}
