import { SettingError } from '../errors.ts';

/** One server that the user named. */
export interface NamedServer {
  readonly url: string;
  readonly host: string;
  readonly port: number;
}

/** Splits and checks a list of URLs. @throws SettingError naming the variable and the entry that cannot be read */
export function parseServerUrls(
  variable: string,
  value: string,
  protocols: readonly string[],
  defaultPort: number,
): NamedServer[] {
  return entriesOf(value).map((entry) => {
    const url = URL.parse(entry);
    if (url === null || !protocols.includes(url.protocol) || url.hostname === '') {
      throw new SettingError(`${variable}: "${entry}" is not a ${protocols.join(' or ')}// URL`);
    }
    return { url: entry, host: url.hostname, port: url.port === '' ? defaultPort : Number(url.port) };
  });
}

/** Splits `host:port,host:port`. @throws SettingError as above */
export function parseBrokers(variable: string, value: string): { host: string; port: number }[] {
  return entriesOf(value).map((entry) => {
    const match = /^([^:/\s]+|\[[^\]]+\]):(\d{1,5})$/.exec(entry);
    if (match?.[1] === undefined) throw new SettingError(`${variable}: "${entry}" is not host:port`);
    return { host: match[1], port: Number(match[2]) };
  });
}

function entriesOf(value: string): string[] {
  return value
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}
