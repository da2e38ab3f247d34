import type { SslOptions } from 'mysql2';
import { TopologyError } from '../errors.ts';
import { checkMs } from '../pools/time-limits.ts';

/** How to connect to a server, as its URL says after its `?`. */
export interface EndpointOptions {
  /** How the connection is encrypted; false for not at all. Undefined when the URL does not say. */
  readonly tls?: SslOptions | false | undefined;
  /** Milliseconds. */
  readonly connectTimeoutMs?: number | undefined;
}

const TRUSTED: SslOptions = { rejectUnauthorized: true };
const IDENTIFIED: SslOptions = { rejectUnauthorized: true, verifyIdentity: true };
const UNVERIFIED: SslOptions = { rejectUnauthorized: false };

/** The names that drivers and providers use for the TLS setting, and its values, in small letters without `_` and `-`. */
const TLS_WORDS: Readonly<Record<string, Readonly<Record<string, SslOptions | false>>>> = {
  sslmode: {
    disabled: false,
    disable: false,
    required: UNVERIFIED,
    require: UNVERIFIED,
    verifyca: TRUSTED,
    verifyidentity: IDENTIFIED,
    verifyfull: IDENTIFIED,
  },
  tls: { true: IDENTIFIED, false: false, skipverify: UNVERIFIED },
  sslaccept: { strict: IDENTIFIED, acceptinvalidcerts: UNVERIFIED },
  ssl: { true: IDENTIFIED, false: false },
};
const SSL_FIELDS: Readonly<Record<string, string>> = {
  rejectUnauthorized: 'boolean',
  verifyIdentity: 'boolean',
  ca: 'string',
  cert: 'string',
  key: 'string',
  passphrase: 'string',
  ciphers: 'string',
  minVersion: 'string',
  maxVersion: 'string',
};
/** Settings that every session has anyway, so a URL may ask for them. */
const FIXED: Readonly<Record<string, RegExp>> = {
  charset: /^utf8mb4(?:_bin)?$/i,
  timezone: /^(?:z|utc|[+ ]00:00)$/i,
};

/**
 * Reads what a URL says after its `?`. It ignores no parameter, because an ignored one can be the one that switches
 * encryption on.
 *
 * @throws TopologyError naming the parameter, and never its value
 */
export function parseEndpointOptions(search: URLSearchParams): EndpointOptions {
  let options: EndpointOptions = {};
  const seen = new Set<string>();
  for (const [given, value] of search) {
    const name = simple(given);
    if (seen.has(name)) throw refused(given, 'is there twice');
    seen.add(name);
    if (name in TLS_WORDS) {
      if (options.tls !== undefined) throw refused(given, 'is not the only one that says how to encrypt');
      options = { ...options, tls: tlsOf(given, name, value) };
    } else if (name === 'connecttimeout' && given === 'connectTimeout') {
      options = {
        ...options,
        connectTimeoutMs: checkMs('the parameter connectTimeout of its URL', Number(value)),
      };
    } else if (!(name in FIXED)) {
      throw refused(given, 'is not understood: pass it as an option, or leave it out');
    } else if (!FIXED[name]!.test(value)) {
      throw refused(given, 'asks for what sessions are not set to: they have utf8mb4_bin and UTC');
    }
  }
  return options;
}

function tlsOf(given: string, name: string, value: string): SslOptions | false {
  if (name === 'ssl' && value.startsWith('{')) return sslOf(given, value);
  const tls = TLS_WORDS[name]![simple(value)];
  if (tls !== undefined) return tls;
  if (/^prefer/i.test(value))
    throw refused(given, 'prefers TLS, and would go on without: say whether it is required');
  throw refused(given, `must be one of ${Object.keys(TLS_WORDS[name]!).join(', ')}`);
}

/** The driver's own form, as JSON. */
function sslOf(given: string, value: string): SslOptions {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(value) as Record<string, unknown>;
  } catch {
    throw refused(given, 'is not JSON'); // Without the cause, which shows a part of it.
  }
  for (const [field, of] of Object.entries(fields)) {
    if (!Object.hasOwn(SSL_FIELDS, field))
      throw refused(given, `has a field that is not understood: ${field}`);
    if (typeof of !== SSL_FIELDS[field]) throw refused(given, `must have a ${SSL_FIELDS[field]} as ${field}`);
  }
  return fields;
}

function simple(word: string): string {
  return word.toLowerCase().replaceAll(/[_-]/g, '');
}

function refused(parameter: string, why: string): TopologyError {
  return new TopologyError(`the parameter ${parameter} of its URL ${why}`);
}
