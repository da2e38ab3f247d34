import type { Actor, OrderStatus } from '@ordershard/order-events';
import type { OrderCommand, Step } from './command.ts';
import { ActorNotAllowedError } from './errors.ts';

/** The one state that each step starts from, and the state that it leads to. */
export const STEP_RULES = {
  pay: { from: 'created', to: 'paid' },
  accept: { from: 'paid', to: 'accepted' },
  cook: { from: 'accepted', to: 'cooking' },
  ready: { from: 'cooking', to: 'ready' },
  dispatch: { from: 'ready', to: 'dispatched' },
  pickup: { from: 'dispatched', to: 'picked_up' },
  deliver: { from: 'picked_up', to: 'delivered' },
} as const satisfies Record<Step, { from: OrderStatus; to: OrderStatus }>;

/** The states that each actor may cancel in: a member until the shop cooks, the others until the order leaves it. */
const UNTIL_COOKING: readonly OrderStatus[] = ['created', 'paid', 'accepted'];
const UNTIL_DISPATCH: readonly OrderStatus[] = [...UNTIL_COOKING, 'cooking', 'ready'];

export const CANCELLABLE: Readonly<Record<Actor, readonly OrderStatus[]>> = {
  member: UNTIL_COOKING,
  shop: UNTIL_DISPATCH,
  operator: UNTIL_DISPATCH,
  service: UNTIL_DISPATCH,
};

const STAFF: readonly Actor[] = ['operator', 'service'];
const CUSTOMER: readonly Actor[] = ['member', ...STAFF];
const KITCHEN: readonly Actor[] = ['shop', ...STAFF];

/** Who may give a command at all. A shop that delivers by itself dispatches and delivers too. */
const ACTORS_OF: Readonly<Record<OrderCommand['type'], readonly Actor[]>> = {
  place: CUSTOMER,
  pay: CUSTOMER,
  accept: KITCHEN,
  cook: KITCHEN,
  ready: KITCHEN,
  dispatch: KITCHEN,
  pickup: KITCHEN,
  deliver: KITCHEN,
  cancel: ['member', ...KITCHEN],
  refund: STAFF,
  erase: STAFF,
};

/** Returns the roles that may give a command at all. */
export function actorsOf(command: OrderCommand['type']): readonly Actor[] {
  return ACTORS_OF[command];
}

/** Throws {@link ActorNotAllowedError} when this role may not give the command. */
export function assertAllowed(command: OrderCommand['type'], actor: Actor): void {
  if (!ACTORS_OF[command].includes(actor)) throw new ActorNotAllowedError(command, actor);
}
