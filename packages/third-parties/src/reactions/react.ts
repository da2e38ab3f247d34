import type { OrderSnapshot } from '@ordershard/order-events';
import {
  changeOrder,
  type ChangeOrder,
  type CommandParts,
  readOrder,
  toSnapshot,
  TransitionError,
  VersionConflictError,
} from '@ordershard/order-service';
import { ThirdPartyUnavailableError } from '../errors.ts';
import { type Demand, demandKey, type PartyName, type Ports, type ThirdParty } from '../ports/third-party.ts';
import { cancel, commandsFor, GIVEN_UP, isGone, needOf, type Patience } from './decide.ts';

/** The caller in whose name the commands are given. */
const CONTEXT = { caller: { role: 'service', subject: 'third-parties' } } as const;

/** The most looks at an order; each further one is because it was changed in between. */
const MAX_LOOKS = 5;

/** The dependencies of a reaction. */
export interface ReactionParts extends CommandParts {
  readonly clusterId: string;
  readonly ports: Ports;
  readonly patience: Patience;
  /** Where third parties may report changes. */
  readonly callbackUrl?: ((party: PartyName) => string) | undefined;
}

/** The result of a look at an order. */
export interface Reaction {
  /**
   * `settled`: nothing more is to be done for this third party, as far as is known. `waiting`: the third party was asked, and
   * its answer will come. `stuck`: it reports what the order's state does not allow, or the order kept changing. `absent`:
   * there is no such order.
   */
  readonly outcome: 'settled' | 'waiting' | 'stuck' | 'absent';
  readonly commands: readonly ChangeOrder['type'][];
  /** The order as it was last read. */
  readonly order?: OrderSnapshot;
}

/**
 * Does what an order needs of one third party now. Goes by the order as it is, not by the event that told of it: so an event
 * that comes twice, late, or after another one does no harm. Calls the third party with no transaction open; afterwards turns
 * its answer into commands of the order.
 *
 * @throws ThirdPartyUnavailableError, and the router's errors, when the caller should try again
 * @throws ThirdPartyRefusedError when the third party refuses the demand
 */
export async function react(parts: ReactionParts, party: PartyName, number: bigint): Promise<Reaction> {
  const given: ChangeOrder['type'][] = [];
  let order: OrderSnapshot | undefined;
  for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
    const stored = await readOrder(parts.router, number);
    if (stored === undefined) return { outcome: 'absent', commands: given };
    order = toSnapshot(stored.order);
    const { outcome, commands } = await lookAt(parts, party, order);
    if (commands.length === 0) return { outcome, commands: given, order };
    try {
      for (const command of commands) {
        await changeOrder(parts, number, command, CONTEXT);
        given.push(command.type);
      }
      return { outcome, commands: given, order };
    } catch (error) {
      // Somebody else changed the order in between: look at it again, as it is now.
      if (!(error instanceof TransitionError || error instanceof VersionConflictError)) throw error;
    }
  }
  return { outcome: 'stuck', commands: given, ...(order === undefined ? {} : { order }) };
}

interface Look {
  readonly outcome: 'settled' | 'waiting';
  readonly commands: readonly ChangeOrder[];
}

async function lookAt(parts: ReactionParts, party: PartyName, order: OrderSnapshot): Promise<Look> {
  const port: ThirdParty = parts.ports[party];
  const key = demandKey(parts.clusterId, BigInt(order.number));
  switch (needOf(party, order, parts.patience, parts.now())) {
    case 'nothing':
      return { outcome: 'settled', commands: [] };
    case 'request':
      return after(order, party, await port.request(demandOf(parts, party, key, order)));
    case 'ask':
      return after(order, party, await port.ask(key));
    case 'give up': {
      // A last answer of the third party counts. Without one, the demand is taken back when the order is cancelled.
      const look = after(order, party, await port.ask(key).catch(silent));
      return look.commands.length > 0 ? look : { outcome: 'settled', commands: [cancel(GIVEN_UP[party])] };
    }
    case 'withdraw':
      return afterWithdrawal(order, party, await port.withdraw(key));
  }
}

function after(order: OrderSnapshot, party: PartyName, report: string | undefined): Look {
  if (report === undefined) return { outcome: 'waiting', commands: [] };
  const commands = commandsFor(party, report as never, order.status);
  const over = report === 'delivered' || party === 'payment';
  return { outcome: over && report !== 'pending' ? 'settled' : 'waiting', commands };
}

function afterWithdrawal(order: OrderSnapshot, party: PartyName, report: string): Look {
  if (party !== 'payment') return { outcome: 'settled', commands: [] };
  if (!isGone(report))
    throw new ThirdPartyUnavailableError(party, `has not given the payment back yet: it is ${report}`);
  const paid = order.timeline.some(({ status }) => status === 'paid');
  const owed = order.status === 'cancelled' && paid;
  return {
    outcome: 'settled',
    commands: owed ? [{ type: 'refund', by: 'service', reason: 'the order was cancelled' }] : [],
  };
}

/** Stands for the answer of a third party that cannot be asked. Throws any other error on. */
function silent(error: unknown): undefined {
  if (!(error instanceof ThirdPartyUnavailableError)) throw error;
}

function demandOf(
  { callbackUrl }: ReactionParts,
  party: PartyName,
  key: string,
  { number, shopId, total, currency }: OrderSnapshot,
): Demand {
  return { key, number, shopId, amount: total, currency, callbackUrl: callbackUrl?.(party) };
}
