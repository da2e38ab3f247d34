import { ApiProblemError } from './errors.ts';

/** The header by which the API knows what was shown to a reader. */
export const READER_TOKEN = 'Reader-Token';

/** As many as the API takes at once. */
const MOST = 8;

/**
 * What a client was shown, by the tokens of its answers. An answer stands for all that its request had said, so that one
 * token is left when nothing is under way; requests side by side leave one each, of which the last few are kept.
 */
export class Seen {
  readonly #tokens = new Set<string>();

  /** The tokens to send, and what to do with the answer's. */
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
   * Forgets all where an answer says that what was seen is not there any more, such as of a shard that was restored: the
   * caller is told once, and then shown what there is. Versions that the caller itself asked for say nothing of the sort.
   */
  refused(error: unknown, asked: Readonly<Record<string, unknown>> = {}): void {
    if (!(error instanceof ApiProblemError)) return;
    const isAboutToken = error.problem.errors?.some(({ field }) => field === READER_TOKEN) === true;
    const isAsked = asked['minVersion'] !== undefined || asked['atLeast'] !== undefined;
    if (isAboutToken || (error.type === 'version-not-reached' && !isAsked)) this.#tokens.clear();
  }
}
