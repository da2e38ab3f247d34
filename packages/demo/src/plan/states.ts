/** The states of an order, as the REST contract names them. */
export type Status =
  | 'created'
  | 'paid'
  | 'accepted'
  | 'cooking'
  | 'ready'
  | 'dispatched'
  | 'picked_up'
  | 'delivered'
  | 'cancelled'
  | 'refunded';

export type Command =
  'pay' | 'accept' | 'cook' | 'ready' | 'dispatch' | 'pickup' | 'deliver' | 'cancel' | 'refund';

/** Who calls: a member of the public, a shop, or the company's own services. */
export type Caller = 'member' | 'shop' | 'service';

/** The commands of a smooth life, in order, with who gives each and the state it leads to. */
export const WAY = [
  { command: 'pay', by: 'member', to: 'paid' },
  { command: 'accept', by: 'shop', to: 'accepted' },
  { command: 'cook', by: 'shop', to: 'cooking' },
  { command: 'ready', by: 'shop', to: 'ready' },
  { command: 'dispatch', by: 'shop', to: 'dispatched' },
  { command: 'pickup', by: 'shop', to: 'picked_up' },
  { command: 'deliver', by: 'shop', to: 'delivered' },
] as const satisfies readonly { command: Command; by: Caller; to: Status }[];

/** The type of the event that a change into each state publishes. */
export const EVENT_TYPE: Readonly<Record<Status, string>> = {
  created: 'order.created',
  paid: 'order.paid',
  accepted: 'order.accepted',
  cooking: 'order.cooking_started',
  ready: 'order.prepared',
  dispatched: 'order.dispatched',
  picked_up: 'order.picked_up',
  delivered: 'order.delivered',
  cancelled: 'order.cancelled',
  refunded: 'order.refunded',
};
