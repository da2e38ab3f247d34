import { ApiProblemError } from './errors.ts';

/** The header by which the API knows what a reader has seen. */
export const READER_TOKEN = 'Reader-Token';

/** How many tokens the API takes at once. */
const MOST = 8;

/**
 * What a client has seen, as the tokens of its answers. An answer's token includes all that its request's tokens said, so
 * that one token is left when no request is under way. Requests side by side leave one token each; the last few are kept.
 */
export class Seen {
  readonly #tokens = new Set<string>();

  /** Returns the tokens to send, and a function to call with the answer's token. */
  begin(): { readonly tokens: string | undefined; readonly answered: (token: string | null) => void } {
    const sent = [...this.#tokens];
    return {
      tokens: sent.length === 0 ? undefined : sent.join(','),
      answered: (token) => {
        if (token === null) return;
        for (const each of sent) this.#tokens.delete(each);
        this.#tokens.add(token);
        for (const each of this.#tokens) {
          if (this.#tokens.size <= MOST) break;
          this.#tokens.delete(each);
        }
      },
    };
  }

  /**
   * Forgets all tokens when an answer says that what was seen no longer exists, for example after a shard was restored: the
   * caller gets this error once, and then sees what there is. This does not hold for versions that the caller itself asked
   * for.
   */
  refused(error: unknown, asked: Readonly<Record<string, unknown>> = {}): void {
    if (!(error instanceof ApiProblemError)) return;
    const isAboutToken = error.problem.errors?.some(({ field }) => field === READER_TOKEN) === true;
    const isAsked = asked['minVersion'] !== undefined || asked['atLeast'] !== undefined;
    if (isAboutToken || (error.type === 'version-not-reached' && !isAsked)) this.#tokens.clear();
  }
}
