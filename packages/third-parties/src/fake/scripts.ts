import type { PartyName, Report } from '../ports/third-party.ts';

/** How demands of a third party go on by themselves. */
export interface Script<Name extends PartyName> {
  /** Returns the first answer to a new demand. */
  first(chance: { declined: boolean; later: boolean }): Report<Name>;
  /** Returns the state that follows by itself; undefined when none follows. */
  next(state: Report<Name>, chance: { declined: boolean }): Report<Name> | undefined;
  /** Returns the state after the demand is withdrawn. An undefined state stands for a demand that was never made. */
  withdrawn(state: Report<Name> | undefined): Report<Name>;
  /** Returns the state that a liar reports instead. */
  opposite(state: Report<Name>): Report<Name>;
}

const payment: Script<'payment'> = {
  first: ({ declined, later }) => (later ? 'pending' : declined ? 'declined' : 'captured'),
  next: (state, { declined }) => (state === 'pending' ? (declined ? 'declined' : 'captured') : undefined),
  withdrawn: (state) =>
    state === 'captured' ? 'refunded' : state === undefined || state === 'pending' ? 'voided' : state,
  opposite: (state) => (state === 'captured' ? 'declined' : 'captured'),
};

const SHOP_STEPS = { pending: 'accepted', accepted: 'cooking', cooking: 'ready' } as const;

const shop: Script<'shop'> = {
  first: () => 'pending',
  next: (state, { declined }) =>
    state === 'pending' && declined
      ? 'refused'
      : (SHOP_STEPS as Partial<Record<typeof state, Report<'shop'>>>)[state],
  withdrawn: (state) => (state === 'refused' ? state : 'withdrawn'),
  opposite: (state) => (state === 'refused' ? 'accepted' : 'refused'),
};

const DELIVERY_STEPS = { pending: 'dispatched', dispatched: 'picked_up', picked_up: 'delivered' } as const;

const delivery: Script<'delivery'> = {
  first: () => 'pending',
  next: (state, { declined }) =>
    state === 'pending' && declined
      ? 'failed'
      : (DELIVERY_STEPS as Partial<Record<typeof state, Report<'delivery'>>>)[state],
  withdrawn: (state) => (state === undefined || state === 'pending' ? 'withdrawn' : state),
  opposite: (state) => (state === 'failed' ? 'delivered' : 'failed'),
};

export const SCRIPTS: { readonly [Name in PartyName]: Script<Name> } = { payment, shop, delivery };
