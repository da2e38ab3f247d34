import { SettingError } from '../errors.ts';
import { type MysqlFlavour, versions } from '../versions.ts';

const FLAVOURS = Object.keys(versions.mysql);

/**
 * The MySQL that stacks are of where nothing else is said, from `ORDERSHARD_MYSQL`; undefined when it is not set. So a run of
 * tests is on one MySQL as a whole, those tests too that start servers of their own.
 *
 * @throws SettingError for one that there is not
 */
export function flavourIn(env: Readonly<Record<string, string | undefined>>): MysqlFlavour | undefined {
  const wanted = env['ORDERSHARD_MYSQL'];
  if (wanted === undefined || wanted === '') return undefined;
  if (FLAVOURS.includes(wanted)) return wanted as MysqlFlavour;
  throw new SettingError(`ORDERSHARD_MYSQL is "${wanted}"; it can be ${FLAVOURS.join(', ')}`);
}
