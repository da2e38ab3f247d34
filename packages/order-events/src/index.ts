export { EnvelopeError } from './errors.ts';
export { fromEnvelope, toEnvelope, type EncodedEvent, type Envelope } from './envelope.ts';
export { EVENT_OF_STATUS, eventId, type OrderEvent, type OrderEventType } from './event.ts';
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
