import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { TopologyError } from '../errors.ts';
import type { ServerAccess } from '../pools/server-access.ts';
import type { ShardConfig } from './config.ts';

type Fields = Readonly<Record<string, unknown>>;

const SHARD_FIELDS = [
  'id',
  'writer',
  'readers',
  'weight',
  'capacityBytes',
  'passwordFile',
  'passwordEnv',
  'tls',
];
const DEFAULT_FIELDS = ['passwordFile', 'passwordEnv', 'tls'];
const TLS_FIELDS = ['caFile', 'certFile', 'keyFile', 'servername', 'rejectUnauthorized', 'verifyIdentity'];

/**
 * Reads the text of a shards file. Files that it names are relative to its own folder. Passwords are read anew when
 * connections need them, so a rotated one needs no restart.
 *
 * @throws TopologyError naming the field, such as `shards[1].writer`
 */
export function parseShardsFile(
  text: string,
  path: string,
  env: Readonly<Record<string, string | undefined>>,
): readonly ShardConfig[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new TopologyError(`${path} is not JSON: ${(cause as Error).message}`, { cause });
  }
  const root = fieldsOf(value, '', ['shards', 'defaults']);
  const defaults =
    root['defaults'] === undefined ? {} : fieldsOf(root['defaults'], 'defaults', DEFAULT_FIELDS);
  if (!Array.isArray(root['shards']) || root['shards'].length === 0)
    throw new TopologyError('shards: must be a list of at least one shard');
  const folder = dirname(resolve(path));
  return root['shards'].map((entry: unknown, index): ShardConfig => {
    const place = `shards[${index}]`;
    const shard = fieldsOf(entry, place, SHARD_FIELDS);
    const { id, readers = [] } = shard;
    if (typeof id !== 'number') throw new TopologyError(`${place}.id: must be a number`);
    if (!Array.isArray(readers)) throw new TopologyError(`${place}.readers: must be a list of URLs`);
    // A shard's own password setting replaces the default one instead of standing beside it.
    const own = shard['passwordFile'] !== undefined || shard['passwordEnv'] !== undefined;
    const { tls } = defaults;
    const access = accessOf({ tls, ...(own ? {} : defaults), ...shard }, place, folder, env);
    return {
      id,
      writer: textOf(shard, 'writer', place),
      readers: readers.map((_, at) => textOf(readers as unknown as Fields, String(at), `${place}.readers`)),
      ...amountOf(shard, 'weight', place),
      ...amountOf(shard, 'capacityBytes', place),
      ...(access === undefined ? {} : { access }),
    };
  });
}

function accessOf(
  fields: Fields,
  place: string,
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
): ServerAccess | undefined {
  const { passwordFile, passwordEnv, tls } = fields;
  if (passwordFile !== undefined && passwordEnv !== undefined)
    throw new TopologyError(`${place}: has both passwordFile and passwordEnv`);
  let read: (() => string) | undefined;
  if (passwordFile !== undefined) {
    const file = resolve(folder, textOf(fields, 'passwordFile', place));
    read = () => readText(file, `${place}.passwordFile`).replace(/\r?\n$/, '');
  } else if (passwordEnv !== undefined) {
    const name = textOf(fields, 'passwordEnv', place);
    if (!env[name]) throw new TopologyError(`${place}.passwordEnv: ${name} is not set`);
    read = () => env[name]!;
  }
  // A missing password file fails here at the start, not at the first connection.
  read?.();
  if (read === undefined && tls === undefined) return undefined;
  return {
    ...(tls === undefined ? {} : { tls: tlsOf(tls, `${place}.tls`, folder) }),
    ...(read === undefined ? {} : { credentials: async () => Promise.resolve({ password: read() }) }),
  };
}

function tlsOf(value: unknown, place: string, folder: string): NonNullable<ServerAccess['tls']> {
  const fields = fieldsOf(value, place, TLS_FIELDS);
  const file = (name: string, as: string) =>
    fields[name] === undefined
      ? {}
      : { [as]: readText(resolve(folder, textOf(fields, name, place)), `${place}.${name}`) };
  const { rejectUnauthorized = true, verifyIdentity } = fields;
  if (typeof rejectUnauthorized !== 'boolean')
    throw new TopologyError(`${place}.rejectUnauthorized: must be true or false`);
  if (verifyIdentity !== undefined && typeof verifyIdentity !== 'boolean')
    throw new TopologyError(`${place}.verifyIdentity: must be true or false`);
  return {
    ...file('caFile', 'ca'),
    ...file('certFile', 'cert'),
    ...file('keyFile', 'key'),
    ...(fields['servername'] === undefined ? {} : { servername: textOf(fields, 'servername', place) }),
    rejectUnauthorized,
    ...(verifyIdentity === undefined ? {} : { verifyIdentity }),
  };
}

function fieldsOf(value: unknown, place: string, known: readonly string[]): Fields {
  const what = place === '' ? 'it' : place;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TopologyError(`${what}: must be an object`);
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new TopologyError(
      `${place === '' ? '' : `${place}.`}${unknown}: there is no such field, only ${known.join(', ')}`,
    );
  return value as Fields;
}

function textOf(fields: Fields, name: string, place: string): string {
  const value = fields[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new TopologyError(`${place}.${name}: must be a text`);
}

function amountOf(fields: Fields, name: string, place: string): Fields {
  const value = fields[name];
  if (value === undefined) return {};
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return { [name]: value };
  throw new TopologyError(`${place}.${name}: must be a number that is not negative`);
}

function readText(path: string, place: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new TopologyError(`${place}: ${path} cannot be read`, { cause });
  }
}
