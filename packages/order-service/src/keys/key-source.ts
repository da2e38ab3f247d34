import { readFile } from 'node:fs/promises';
import { InvalidKeySetError } from './errors.ts';

/** Where the public keys of those who issue tokens are to be had; gives the text of the set, or rejects. */
export type KeySource = () => Promise<string>;

/** How long an issuer is waited for. Milliseconds. */
const ANSWER_MS = 3_000;

/** The largest answer that is read. Bytes. */
const LARGEST = 1_048_576;

/** Keys in a file, which may be put in its place, or in that of a link to it, while this process runs. */
export function keyFile(path: string): KeySource {
  return () => readFile(path, 'utf8');
}

/** Keys that an issuer serves. No cache between here and there answers for it, and no redirect leads elsewhere. */
export function keyUrl(url: URL): KeySource {
  return async () => {
    const response = await fetch(url, {
      headers: { accept: 'application/json, application/jwk-set+json', 'cache-control': 'no-cache' },
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new InvalidKeySetError(`${url.host} answered ${response.status}`);
    }
    return readAtMost(response, LARGEST);
  };
}

async function readAtMost(response: Response, most: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.byteLength;
    if (length > most) throw new InvalidKeySetError(`the answer has more than ${most} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
