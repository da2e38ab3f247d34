export { appendEvent, eventInsert } from './append/append-event.ts';
export {
  ORDERS_TOPIC,
  outboxTable,
  outboxTableOf,
  outboxTablesOf,
  type OutboxTopic,
} from './append/topic.ts';
export { applyConnect, type Applied, type ApplyOptions } from './connect/apply.ts';
export {
  type ConnectorConfig,
  connectorConfig,
  type ConnectorSpec,
  type Grouping,
} from './connect/connector-config.ts';
export * from './connect/errors.ts';
export { removeConnect, type Removed, type RemoveOptions } from './connect/remove.ts';
export { connectSettings, type ConnectSettings } from './connect/settings.ts';
export { connectStatus, type TableStatus } from './connect/status.ts';
export * from './errors.ts';
export {
  countPersonalEvents,
  type ErasedEvents,
  eraseEvents,
  type MemberEvents,
} from './erase/erase-events.ts';
export { embedRelay, type EmbeddedRelay } from './relay/embed-relay.ts';
export { RelayMetrics } from './relay/metrics.ts';
export { relaySettings, type RelaySettings } from './relay/settings.ts';
export { startRelay } from './relay/start-relay.ts';
export { applyTopic, type BrokerAccess } from './topics/apply.ts';
export { planTopic, type TopicPlan, type TopicSpec } from './topics/plan.ts';
export {
  republish,
  REPUBLISHED_AT_HEADER,
  REPUBLISHED_HEADER,
  type RepublishedTable,
  type RepublishOptions,
  type RepublishReport,
} from './republish/republish.ts';
export type { Selector } from './republish/selector.ts';
export { applyTopics, planTopicsOf } from './topics/apply-topics.ts';
export { declaredTopics, type DeclaredTopic, type TopicSettings } from './topics/declared.ts';
export { type ExistingTopic, planTopics, type TopicStep } from './topics/plan-topics.ts';
