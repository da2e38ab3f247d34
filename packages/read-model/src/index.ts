export * from './errors.ts';
export {
  type AddressView,
  type EndingView,
  type OrderLineView,
  orderView,
  type OrderView,
  type TimelineEntryView,
} from './projections/order-view.ts';
export { FailureMetrics } from './failures/metrics.ts';
export { LogMetrics } from './projector/log-metrics.ts';
export { VerifyMetrics } from './verify/metrics.ts';
export { type ListEntry, listEntry } from './projections/list-entry.ts';
export { type ShopDay, type ShopDaySales, shopDay } from './projections/shop-day.ts';
export { KafkaSource } from './projector/kafka-source.ts';
export type { Chunk, Source } from './projector/message.ts';
export { Projector } from './projector/projector.ts';
export { readWork } from './projector/read-work.ts';
export { projectorSettings, type ProjectorSettings } from './projector/settings.ts';
export {
  DEAD_LETTER_TOPIC,
  GROUP,
  groupOf,
  SNAPSHOT_TOPIC,
  startProjector,
} from './projector/start-projector.ts';
export {
  collectionOf,
  ORDER_LISTS_PROJECTION,
  ORDER_VIEWS_PROJECTION,
  type Projection,
  servingCollection,
  SERVING_COLLECTIONS,
  SHOP_DAYS_PROJECTION,
} from './views/collections.ts';
export { ensureIndexes, openMongo, ORDER_VIEWS, orderViews } from './views/order-views.ts';
export { writeViews } from './views/write-views.ts';
export { archiveSource } from './rebuild/archive-source.ts';
