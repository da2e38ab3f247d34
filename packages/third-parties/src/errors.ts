import type { PartyName } from './ports/third-party.ts';

/** What every error of this package has: a stable code, and whether the same call may succeed when made again. */
export abstract class ThirdPartyError extends Error {
  abstract readonly code: string;
  abstract readonly retryable: boolean;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/**
 * A third party did not answer, failed, or contradicts itself. It may have done all the same what it was asked for: ask again
 * under the same key.
 */
export class ThirdPartyUnavailableError extends ThirdPartyError {
  readonly code = 'THIRD_PARTY_UNAVAILABLE';
  readonly retryable = true;
  readonly party: PartyName;

  constructor(party: PartyName, message: string, options?: ErrorOptions) {
    super(`${party}: ${message}`, options);
    this.party = party;
  }
}

/** A third party refuses the request as such. The same request gets the same answer. */
export class ThirdPartyRefusedError extends ThirdPartyError {
  readonly code = 'THIRD_PARTY_REFUSED';
  readonly retryable = false;
  readonly party: PartyName;

  constructor(party: PartyName, message: string, options?: ErrorOptions) {
    super(`${party}: ${message}`, options);
    this.party = party;
  }
}

/**
 * The code was about to call a third party while a database transaction was open. The transaction would have stayed open
 * during the call.
 */
export class CallInTransactionError extends ThirdPartyError {
  readonly code = 'THIRD_PARTY_CALL_IN_TRANSACTION';
  readonly retryable = false;

  constructor(party: PartyName) {
    super(`${party} was to be called inside a database transaction; nothing was sent`);
  }
}
