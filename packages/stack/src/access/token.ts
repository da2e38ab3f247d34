import { readFile } from 'node:fs/promises';
import { importPKCS8, SignJWT } from 'jose';
import { SettingError } from '../errors.ts';

/** Whom a token speaks for. */
export interface TokenClaims {
  readonly role: 'member' | 'shop' | 'operator' | 'service';
  /** The member id or shop id; the name of the caller for the other roles. */
  readonly subject: string;
  /** Lifetime in seconds, an hour by default. A negative one makes a token that has expired. */
  readonly ttlSeconds?: number;
}

/** The variable with the private key's file; only development stacks have one. */
export const SIGNING_KEY_VARIABLE = 'ORDERSHARD_JWT_SIGNING_KEY_FILE';

/**
 * Returns a token (JWT, ES256) that services accept that run with this env.
 * @throws SettingError when the env names no signing key, as with a JWKS of the user's own
 */
export async function mintToken(
  claims: TokenClaims,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string> {
  const [keyFile, jwksFile] = [env[SIGNING_KEY_VARIABLE], env['ORDERSHARD_JWKS_FILE']];
  const [issuer, audience] = [env['ORDERSHARD_JWT_ISSUER'], env['ORDERSHARD_JWT_AUDIENCE']];
  if (!keyFile || !jwksFile || !issuer || !audience) {
    throw new SettingError(
      `tokens are made with a stack's own keys: ${SIGNING_KEY_VARIABLE} is not set (npm run stack -- up)`,
    );
  }
  const key = await importPKCS8(await readFile(keyFile, 'utf8'), 'ES256');
  const { keys } = JSON.parse(await readFile(jwksFile, 'utf8')) as { keys: { kid: string }[] };
  const now = Math.floor(Date.now() / 1_000);
  return new SignJWT({ role: claims.role })
    .setProtectedHeader({ alg: 'ES256', typ: 'JWT', ...(keys[0] ? { kid: keys[0].kid } : {}) })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject(claims.subject)
    .setIssuedAt(now)
    .setExpirationTime(now + (claims.ttlSeconds ?? 3_600))
    .sign(key);
}
