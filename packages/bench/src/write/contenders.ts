import type { OpenContender } from './contender.ts';
import * as drizzle from './contenders/drizzle.ts';
import * as floor from './contenders/floor.ts';
import * as knex from './contenders/knex.ts';
import * as kysely from './contenders/kysely.ts';
import * as mysql2Text from './contenders/mysql2-text.ts';
import * as mysql2 from './contenders/mysql2.ts';
import * as ours from './contenders/ours.ts';
import * as sequelize from './contenders/sequelize.ts';
import * as typeorm from './contenders/typeorm.ts';

/** All contenders, by the name that leaves others out. */
export const CONTENDERS = {
  knex: knex.open,
  kysely: kysely.open,
  drizzle: drizzle.open,
  typeorm: typeorm.open,
  sequelize: sequelize.open,
  mysql2: mysql2.open,
  'mysql2-text': mysql2Text.open,
  floor: (cluster) => floor.open(cluster),
  ours: (cluster) => ours.open(cluster),
} as const satisfies Record<string, OpenContender>;

export type ContenderId = keyof typeof CONTENDERS;

/**
 * The contenders of these names, all of them for undefined.
 * @throws RangeError for a name that none has
 */
export function chooseContenders(names: readonly string[] | undefined): readonly OpenContender[] {
  const known = Object.keys(CONTENDERS);
  return (names ?? known).map((name) => {
    if (known.includes(name)) return CONTENDERS[name as ContenderId];
    throw new RangeError(`no contender is called "${name}"; there are ${known.join(', ')}`);
  });
}

/**
 * The one contender of these names; `otherwise` for undefined.
 * @throws RangeError for a name that none has, and for more than one
 */
export function chooseContender(names: readonly string[] | undefined, otherwise: ContenderId): OpenContender {
  const [chosen, ...more] = chooseContenders(names ?? [otherwise]);
  if (chosen === undefined || more.length > 0) throw new RangeError('this benchmark takes one contender');
  return chosen;
}
