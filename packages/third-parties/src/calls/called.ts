import type { PartyName, ThirdParty } from '../ports/third-party.ts';
import type { Calls } from './calls.ts';

/** An adapter's methods. Each takes a signal that aborts when it should give up. */
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

/** Makes a third party from an adapter: each call goes through {@link Calls}. */
export function called<Name extends PartyName>(adapter: Adapter<Name>, calls: Calls): ThirdParty<Name> {
  return {
    name: adapter.name,
    request: (demand) => calls.call((signal) => adapter.request(demand, signal)),
    ask: (key) => calls.call((signal) => adapter.ask(key, signal)),
    withdraw: (key) => calls.call((signal) => adapter.withdraw(key, signal)),
  };
}
