import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, exportPKCS8, generateKeyPair } from 'jose';

const ALGORITHM = 'ES256';

/** The files of a signing key pair. */
export interface KeyFiles {
  /** The public key as a JWKS, with which a service verifies tokens. */
  readonly jwks: string;
  /** The private key, PKCS#8 in PEM, readable by its owner only. */
  readonly privateKey: string;
}

/** A stack's key pair (ES256), made when it is not there. Its key id is the RFC 7638 thumbprint. */
export async function ensureKeys(stackDir: string): Promise<KeyFiles> {
  const dir = join(stackDir, 'keys');
  const files: KeyFiles = { jwks: join(dir, 'jwks.json'), privateKey: join(dir, 'signing-key.pem') };
  if (existsSync(files.jwks) && existsSync(files.privateKey)) return files;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const { publicKey, privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const jwk = await exportJWK(publicKey);
  const jwks = { keys: [{ ...jwk, kid: await calculateJwkThumbprint(jwk), alg: ALGORITHM, use: 'sig' }] };
  await writeFile(files.privateKey, await exportPKCS8(privateKey), { mode: 0o600 });
  // Written last, so that a pair whose making was cut off is made again.
  await writeFile(`${files.jwks}.new`, `${JSON.stringify(jwks, null, 2)}\n`);
  await rename(`${files.jwks}.new`, files.jwks);
  return files;
}
