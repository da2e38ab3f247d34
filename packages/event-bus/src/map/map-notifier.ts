import { z } from 'zod';
import type { PublishOptions } from '../event-bus.ts';
import type { BusMember } from '../join-event-bus.ts';
import { defineRemoteEvent } from '../events/remote-event.ts';

/** A newer version of a cluster's shard map is on its shards. */
export const shardMapChanged = defineRemoteEvent(
  'shard-map.changed',
  z.object({ clusterId: z.string().min(1).max(100), version: z.int().min(1) }),
  { stateKey: ({ clusterId }) => clusterId },
);

/** The part of a shard map that is announced. A map of the router has it; so this file imports nothing of the router. */
export interface MapVersion {
  readonly clusterId: string;
  readonly version: number;
}

/**
 * The port by which a router learns of newer maps, on a bus that knows {@link shardMapChanged}. A router that subscribes
 * after a change learns of it too, since it may have loaded its map before.
 *
 * @param clusterId the cluster whose maps are meant; any cluster when it is left out
 */
export function busMapNotifier(
  bus: Pick<BusMember, 'on'>,
  clusterId?: string,
): { subscribe(changed: () => void): () => void } {
  return {
    subscribe: (changed) =>
      bus.on(shardMapChanged, (map) => {
        if (clusterId === undefined || map.clusterId === clusterId) changed();
      }),
  };
}

/**
 * Tells the routers of a map that `publishMap` has stored. If this fails, they learn of the map by polling, and from the
 * fences.
 *
 * @throws what {@link EventBus.publish} throws
 */
export async function announceMap(
  bus: Pick<BusMember, 'publish'>,
  { clusterId, version }: MapVersion,
  options: PublishOptions = {},
): Promise<void> {
  await bus.publish(shardMapChanged, { clusterId, version }, options);
}
