import type { PartyName, ThirdParty } from '../ports/third-party.ts';
import type { Calls } from './calls.ts';

/** An adapter's methods, told when to give up. */
export interface Adapter<Name extends PartyName> {
  readonly name: Name;
  request(
    ...args: [...Parameters<ThirdParty<Name>['request']>, AbortSignal]
  ): ReturnType<ThirdParty<Name>['request']>;
  ask(...args: [...Parameters<ThirdParty<Name>['ask']>, AbortSignal]): ReturnType<ThirdParty<Name>['ask']>;
  withdraw(
    ...args: [...Parameters<ThirdParty<Name>['withdraw']>, AbortSignal]
  ): ReturnType<ThirdParty<Name>['withdraw']>;
}

/** A third party by way of an adapter, each call made as {@link Calls} does. */
export function called<Name extends PartyName>(adapter: Adapter<Name>, calls: Calls): ThirdParty<Name> {
  return {
    name: adapter.name,
    request: (demand) => calls.call((signal) => adapter.request(demand, signal)),
    ask: (key) => calls.call((signal) => adapter.ask(key, signal)),
    withdraw: (key) => calls.call((signal) => adapter.withdraw(key, signal)),
  };
}
