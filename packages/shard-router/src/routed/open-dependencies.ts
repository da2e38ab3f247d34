import { BeatKeeper } from '../beats/beat-keeper.ts';
import { KnownBeats } from '../beats/known-beats.ts';
import { asyncLocalStorageCarrier } from '../context/async-local-storage-carrier.ts';
import { Drain } from '../context/drain.ts';
import type { Frame } from '../context/scope.ts';
import { RouterEpochs } from '../epochs/router-epochs.ts';
import { telemetryOf } from '../observe/telemetry.ts';
import { Shards } from '../pools/shards.ts';
import { DEFAULT_LIMITS, type RouterOptions } from '../router-options.ts';
import { checkShards } from '../topology/config.ts';
import { loadMap } from '../topology/load-map.ts';
import { MapCache } from '../topology/map-cache.ts';
import { NewShards } from '../topology/new-shards.ts';
import type { RouterDependencies } from './dependencies.ts';

/** Makes the dependencies of a router. Nothing is connected yet, and the map is not loaded. */
export function openDependencies(
  options: RouterOptions,
  holder: string,
): { readonly router: RouterDependencies; readonly epochs: RouterEpochs; readonly beats: BeatKeeper } {
  const { clusterId } = options;
  const limits = {
    ...DEFAULT_LIMITS,
    ...options.limits,
    connections: options.poolSize ?? DEFAULT_LIMITS.connections,
  };
  const telemetry = telemetryOf(options.observer, options.sqlComments);
  const known = new KnownBeats();
  const shards = Shards.of(
    checkShards(options.shards),
    clusterId,
    limits,
    options.access ?? {},
    telemetry,
    known,
  );
  const newShards = new NewShards(shards, options.reloadShards, telemetry.observer);
  const epochs = new RouterEpochs(clusterId, shards, holder, () => map.reload());
  const map = new MapCache({
    clusterId,
    load: () => loadMap(shards.ids(), clusterId, (shard, fn) => shards.get(shard).introduce(fn)),
    check: (loaded) => newShards.getReady(loaded),
    file: options.mapFile,
    notifier: options.notifier,
    pollMs: options.mapPollMs ?? 5_000,
    looked: (version, error) => {
      telemetry.observer?.mapReloaded?.(version, error);
      epochs.settler.look();
    },
  });
  const carrier = (options.carrier ?? asyncLocalStorageCarrier)<Frame>();
  return {
    router: { carrier, drain: new Drain(), map, shards, newShards, limits, telemetry },
    epochs,
    beats: new BeatKeeper(shards, known),
  };
}
