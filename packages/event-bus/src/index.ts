export * from './errors.ts';
export {
  BUS_TOPIC,
  type BusCounts,
  type BusLimits,
  type BusLog,
  connectEventBus,
  DEFAULT_BUS_LIMITS,
  type EventBus,
  type EventBusOptions,
  type PublishOptions,
} from './event-bus.ts';
export { type BusAddress, EVERYONE } from './events/address.ts';
export type { BusEvent } from './events/envelope.ts';
export {
  type BodyOf,
  defineRemoteEvent,
  type RemoteEvent,
  type RemoteEventOptions,
} from './events/remote-event.ts';
export { type BusSettings, busSettings, busTopic, joinMapBus, type MapBus } from './map/join-map-bus.ts';
export { announceMap, busMapNotifier, type MapVersion, shardMapChanged } from './map/map-notifier.ts';
export { type BusMember, joinEventBus } from './join-event-bus.ts';
export { isAnonymousGroup } from './monitoring/anonymous-groups.ts';
export type { Handler, ReceiveCounts } from './receive/receiver.ts';
