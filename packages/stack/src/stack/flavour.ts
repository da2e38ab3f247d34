import { SettingError } from '../errors.ts';
import { type MysqlFlavour, versions } from '../versions.ts';

const FLAVOURS = Object.keys(versions.mysql);

/**
 * Returns the MySQL flavour that stacks use by default, from `ORDERSHARD_MYSQL`; undefined when it is not set. So a whole run
 * of tests uses one MySQL, also the tests that start servers of their own.
 *
 * @throws SettingError for an unknown flavour
 */
export function flavourIn(env: Readonly<Record<string, string | undefined>>): MysqlFlavour | undefined {
  const wanted = env['ORDERSHARD_MYSQL'];
  if (wanted === undefined || wanted === '') return undefined;
  if (FLAVOURS.includes(wanted)) return wanted as MysqlFlavour;
  throw new SettingError(`ORDERSHARD_MYSQL is "${wanted}"; it can be ${FLAVOURS.join(', ')}`);
}
