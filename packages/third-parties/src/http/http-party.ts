import type { Adapter } from '../calls/called.ts';
import { ThirdPartyRefusedError, ThirdPartyUnavailableError } from '../errors.ts';
import type { Demand, PartyName, Report } from '../ports/third-party.ts';
import { readReport } from './read-report.ts';

/** The path under which each third party keeps its demands. */
export const COLLECTIONS: Readonly<Record<PartyName, string>> = {
  payment: 'payments',
  shop: 'confirmations',
  delivery: 'dispatches',
};

/** Statuses that are about the moment, not about the request. */
const PASSING = new Set([408, 425, 429]);

export interface HttpPartyOptions {
  /** Such as `https://pay.example.com/v1`. */
  readonly url: string;
  /** Sent as a bearer token; none when it is left out. */
  readonly token?: string | undefined;
}

/**
 * A third party over HTTP: `PUT {url}/{collection}/{key}` makes a demand, `GET` asks what has become of it (404: not known),
 * and `POST {url}/{collection}/{key}/withdrawal` takes it back. Every answer is JSON with its `state`.
 */
export class HttpParty<Name extends PartyName> implements Adapter<Name> {
  readonly name: Name;
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(name: Name, { url, token }: HttpPartyOptions) {
    this.name = name;
    this.#base = `${url.replace(/\/+$/, '')}/${COLLECTIONS[name]}`;
    this.#headers = {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
  }

  async request({ key, ...demand }: Demand, signal: AbortSignal): Promise<Report<Name>> {
    return this.#known(await this.#send('PUT', this.#pathOf(key), signal, demand));
  }

  ask(key: string, signal: AbortSignal): Promise<Report<Name> | undefined> {
    return this.#send('GET', this.#pathOf(key), signal);
  }

  async withdraw(key: string, signal: AbortSignal): Promise<Report<Name>> {
    return this.#known(await this.#send('POST', `${this.#pathOf(key)}/withdrawal`, signal, {}));
  }

  #pathOf(key: string): string {
    return `${this.#base}/${encodeURIComponent(key)}`;
  }

  /** Throws when the third party says that it does not know of what it was just told: that is no answer. */
  #known(report: Report<Name> | undefined): Report<Name> {
    if (report !== undefined) return report;
    throw new ThirdPartyUnavailableError(this.name, 'says that it does not know of what it was told');
  }

  async #send(
    method: string,
    url: string,
    signal: AbortSignal,
    body?: object,
  ): Promise<Report<Name> | undefined> {
    let response: Response;
    let text: string;
    try {
      response = await fetch(url, {
        method,
        headers: this.#headers,
        signal,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      text = await response.text();
    } catch (cause) {
      throw new ThirdPartyUnavailableError(this.name, `${method} got no answer`, { cause });
    }
    if (response.status === 404) return undefined;
    if (response.ok) return readReport(this.name, text);
    if (response.status >= 500 || PASSING.has(response.status))
      throw new ThirdPartyUnavailableError(this.name, `${method} was answered with ${response.status}`);
    throw new ThirdPartyRefusedError(this.name, `${method} was refused with ${response.status}`);
  }
}
