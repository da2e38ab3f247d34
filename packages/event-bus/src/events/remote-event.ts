import type { z } from 'zod';

/** A type of event that instances tell each other, with the shape of its body. */
export interface RemoteEvent<Body> {
  readonly type: string;
  /** Checks a body that was read or is to be sent; undefined when it does not pass. */
  parse(body: unknown): { readonly body: Body } | undefined;
  /** Returns what the body tells the state of; undefined for an event that tells no state. */
  stateKey(body: Body): string | undefined;
}

/** The body of a type of event. */
export type BodyOf<Event> = Event extends RemoteEvent<infer Body> ? Body : never;

export interface RemoteEventOptions<Body> {
  /**
   * Makes the event state-like: only the last event of each key counts, and an instance that joins later gets it. Takes a
   * body, and returns what it tells the state of.
   */
  readonly stateKey?: (body: Body) => string;
}

/**
 * Declares a type of remote event. Bodies travel as JSON, so the schema takes what JSON gives back, and changes nothing.
 *
 * @example
 * const rulesChanged = defineRemoteEvent('rules.changed', z.object({ set: z.string() }), {
 *   stateKey: ({ set }) => set,
 * });
 */
export function defineRemoteEvent<Body>(
  type: string,
  schema: z.ZodType<Body>,
  { stateKey }: RemoteEventOptions<Body> = {},
): RemoteEvent<Body> {
  return {
    type,
    parse: (body) => {
      const result = schema.safeParse(body);
      return result.success ? { body: result.data } : undefined;
    },
    stateKey: (body) => stateKey?.(body),
  };
}
