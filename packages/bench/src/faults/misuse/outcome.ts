/** What a caller knows of its call. */
export type Outcome =
  /** It was done. */
  | 'acknowledged'
  /** It was not done, by an error with a type. */
  | 'refused'
  /** It may have been done. */
  | 'unknown';

/** An error that a wrong use throws by itself, to see what becomes of the work around it. */
export class OwnError extends Error {
  override readonly name = 'OwnError';
  readonly code = 'FAULTS_OWN';
}

/**
 * The code of the router's error that an error is, or that is among its causes. Without one, `untyped` and the error's own
 * code, name or text.
 */
export function codeOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as { readonly code?: unknown };
    if (typeof code === 'string' && (code.startsWith('ROUTER_') || code === 'FAULTS_OWN')) return code;
  }
  const { code, name } = (error ?? {}) as { readonly code?: unknown; readonly name?: unknown };
  return `untyped ${String(code ?? name ?? error)}`;
}

/**
 * The class of SQL states for values that a column does not take, such as one that is too long: so the server refuses what a
 * caller passed.
 */
const DATA_EXCEPTION = '22';

/** Whether an error says by its type what was wrong: by a type of the router, or for a bad value by one of the server. */
export function isTyped(error: unknown): boolean {
  const { sqlState } = (error ?? {}) as { readonly sqlState?: unknown };
  if (typeof sqlState === 'string' && sqlState.startsWith(DATA_EXCEPTION)) return true;
  return !codeOf(error).startsWith('untyped');
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? `${codeOf(error)}: ${error.message}` : String(error);
}

/** {@link messageOf} of an error and of all that it was caused by. */
export function chainOf(error: unknown): string {
  const messages: string[] = [];
  for (let at = error; at !== undefined; at = at instanceof Error ? at.cause : undefined)
    messages.push(messageOf(at));
  return messages.join(', caused by ');
}
