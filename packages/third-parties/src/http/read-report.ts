import { ThirdPartyUnavailableError } from '../errors.ts';
import { type PartyName, type Report, REPORTS } from '../ports/third-party.ts';

/**
 * Reads what a third party reports in an answer.
 *
 * @throws ThirdPartyUnavailableError for any text that is no report: then it is unknown what became of the demand
 */
export function readReport<Name extends PartyName>(party: Name, text: string): Report<Name> {
  let state: unknown;
  try {
    ({ state } = JSON.parse(text) as { state?: unknown });
  } catch (cause) {
    throw new ThirdPartyUnavailableError(party, 'its answer is not JSON', { cause });
  }
  const reports: readonly unknown[] = REPORTS[party];
  if (!reports.includes(state))
    throw new ThirdPartyUnavailableError(party, 'its answer has a state that is not known');
  return state as Report<Name>;
}
