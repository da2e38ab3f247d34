import { readFile } from 'node:fs/promises';
import { InvalidKeySetError } from './errors.ts';

/** Fetches the public keys of the issuers of tokens. Resolves to the text of the key set, or rejects. */
export type KeySource = () => Promise<string>;

/** How long to wait for an issuer. Milliseconds. */
const ANSWER_MS = 3_000;

/** The largest answer that is read. Bytes. */
const LARGEST = 1_048_576;

/** Keys in a file. The file, or a link to it, may be replaced while this process runs. */
export function keyFile(path: string): KeySource {
  return () => readFile(path, 'utf8');
}

/** Keys that an issuer serves at a URL. The request asks for an answer that no cache gives, and follows no redirect. */
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
