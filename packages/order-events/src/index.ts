export { EnvelopeError, UnknownVersionError } from './errors.ts';
export {
  fromEnvelope,
  readEnvelope,
  toEnvelope,
  toZeroPayload,
  toZeroPayloadEnvelope,
  type EncodedEvent,
  type Envelope,
  type ReadEvent,
} from './envelope.ts';
export {
  ERASED_EVENT,
  EVENT_OF_STATUS,
  eventId,
  eventTypeOf,
  type EventAttributes,
  type OrderEvent,
  type OrderEventType,
  ORDER_EVENT_TYPES,
  type ZeroPayloadEvent,
} from './event.ts';
export { ERASED_REASON, hasPersonalData, type PersonalData, withoutPersonalData } from './personal-data.ts';
export { asyncApiDocument } from './schema/asyncapi.ts';
export { type JsonSchema, ORDER_REFERENCE_SCHEMA, ORDER_SNAPSHOT_SCHEMA } from './schema/json-schemas.ts';
export { deadLetterTopicOf, EVENT_TOPICS, RETRY_STAGES, retryTopicOf } from './topics.ts';
export { isOrderNumber, toOrderNumber, type OrderNumber } from './order-number.ts';
export {
  ACTORS,
  ORDER_STATUSES,
  type Actor,
  type AmountText,
  type DeliveryAddress,
  type OrderLineSnapshot,
  type OrderSnapshot,
  type OrderStatus,
  type TimelineEntry,
} from './snapshot.ts';
