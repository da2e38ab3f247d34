import { isSigned } from './signature.ts';

/** The key that a callback names, or the status with which it is refused. */
export type Told = { readonly key: string } | { readonly refused: 400 | 401 };

/** Reads a callback, and believes nothing of it but its signature. Accepts any bytes. */
export function readCallback(secret: string, body: Buffer, signature: string | string[] | undefined): Told {
  if (!isSigned(secret, body, typeof signature === 'string' ? signature : undefined)) return { refused: 401 };
  try {
    const { key } = JSON.parse(body.toString()) as { key?: unknown };
    return typeof key === 'string' ? { key } : { refused: 400 };
  } catch {
    return { refused: 400 };
  }
}
