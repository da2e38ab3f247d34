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

/** What of a shard map is told. A map of the router is one; nothing of the router is imported for it. */
export interface MapVersion {
  readonly clusterId: string;
  readonly version: number;
}

/**
 * The port by which a router is told of newer maps, on a bus that knows {@link shardMapChanged}. A router that
 * subscribes after a change is told of it too, since it may have loaded its map before.
 *
 * @param clusterId whose maps are meant; any cluster's when it is left out
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
 * Tells the routers of a map that `publishMap` has stored. Should it fail, they learn of the map by polling, and from the
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
