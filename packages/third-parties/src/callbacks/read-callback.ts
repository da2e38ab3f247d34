import { isSigned } from './signature.ts';

/** The key that a callback tells of, or the status that it is refused with. */
export type Told = { readonly key: string } | { readonly refused: 400 | 401 };

/** Reads a callback, of which nothing but its signature is believed. Any bytes are read. */
export function readCallback(secret: string, body: Buffer, signature: string | string[] | undefined): Told {
  if (!isSigned(secret, body, typeof signature === 'string' ? signature : undefined)) return { refused: 401 };
  try {
    const { key } = JSON.parse(body.toString()) as { key?: unknown };
    return typeof key === 'string' ? { key } : { refused: 400 };
  } catch {
    return { refused: 400 };
  }
}
