import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureKeys } from '../access/keys.ts';
import { SIGNING_KEY_VARIABLE } from '../access/token.ts';
import type { PartName } from '../parts/part-name.ts';
import { PARTS } from '../parts/registry.ts';
import type { ServerRecord } from './state.ts';

type Environment = Readonly<Record<string, string | undefined>>;
type Env = Record<string, string>;

/** Variables of the user that are passed on unchanged. */
const HANDED_ON = ['ORDERSHARD_TOPIC_PREFIX', 'ORDERSHARD_LOG_LEVEL'] as const;

/** All variables with which the project's processes run on a stack. */
export async function stackEnv(
  stackDir: string,
  servers: readonly ServerRecord[],
  user: Environment,
): Promise<Env> {
  const env: Env = { ORDERSHARD_CLUSTER: user['ORDERSHARD_CLUSTER'] || 'ordershard' };
  for (const name of HANDED_ON) {
    const value = user[name];
    if (value) env[name] = value;
  }
  for (const part of Object.keys(PARTS) as PartName[]) {
    const records = servers.filter((record) => record.part === part);
    if (records.length > 0) Object.assign(env, PARTS[part].env(records));
  }
  return { ...env, ...(await accessEnv(stackDir, user)) };
}

async function accessEnv(stackDir: string, user: Environment): Promise<Env> {
  const named = {
    ORDERSHARD_JWT_ISSUER: user['ORDERSHARD_JWT_ISSUER'] || 'ordershard-dev',
    ORDERSHARD_JWT_AUDIENCE: user['ORDERSHARD_JWT_AUDIENCE'] || 'ordershard',
  };
  const own = user['ORDERSHARD_JWKS_FILE'];
  if (own) {
    const key = user[SIGNING_KEY_VARIABLE];
    return { ORDERSHARD_JWKS_FILE: own, ...named, ...(key ? { [SIGNING_KEY_VARIABLE]: key } : {}) };
  }
  const keys = await ensureKeys(stackDir);
  return { ORDERSHARD_JWKS_FILE: keys.jwks, [SIGNING_KEY_VARIABLE]: keys.privateKey, ...named };
}

/** Writes `env` into the stack's folder, whole at any moment. Returns its path. */
export function writeEnvFile(stackDir: string, env: Readonly<Record<string, string>>): string {
  const path = join(stackDir, 'env');
  writeFileSync(`${path}.new`, formatEnv(env), { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return path;
}

/** KEY=VALUE lines that a shell can source; a value is quoted only where a shell would read it otherwise. */
export function formatEnv(env: Readonly<Record<string, string>>): string {
  return Object.entries(env)
    .map(
      ([key, value]) =>
        `${key}=${/^[\w.,:/@=?+-]*$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`}\n`,
    )
    .join('');
}
