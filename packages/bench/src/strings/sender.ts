/** What a request was answered with. */
export interface Sent {
  readonly status: number;
  readonly text: string;
}

/** A call of the API; undefined when HTTP itself cannot carry it, such as a header with a line break. */
export type Sender = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
) => Promise<Sent | undefined>;

/** Calls the API at a URL with a token. */
export function senderTo(url: string, token: string): Sender {
  return async (method, path, body, headers = {}) => {
    let response: Response;
    try {
      response = await fetch(`${url}${path}`, {
        method,
        headers: {
          Authorization: `Bearer ${token}`,
          'Content-Type': 'application/json',
          // As clients send text that is not ASCII, for all that HTTP says: its bytes in UTF-8.
          ...Object.fromEntries(
            Object.entries(headers).map(([name, text]) => [name, Buffer.from(text).toString('latin1')]),
          ),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (error) {
      if (isNoHeader(error)) return undefined;
      throw error;
    }
    return { status: response.status, text: await response.text() };
  };
}

/** Whether a request was not sent because a header cannot be what was given. */
function isNoHeader(error: unknown): boolean {
  const cause = (error as { cause?: { code?: unknown } }).cause;
  return (
    (error as Error).name === 'TypeError' && (cause === undefined || cause.code === 'UND_ERR_INVALID_ARG')
  );
}

/** Does something with each of a list, `atOnce` of them at the same time. */
export async function eachOf<T>(
  list: readonly T[],
  atOnce: number,
  fn: (item: T) => Promise<void>,
): Promise<void> {
  const left = list.values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const item of left) await fn(item);
    }),
  );
}
