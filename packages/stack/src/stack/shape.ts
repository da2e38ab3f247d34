import { SettingError, StackStateError } from '../errors.ts';
import { DEFAULT_PARTS, type PartName } from '../parts/part-name.ts';
import { withNeeded } from '../parts/registry.ts';
import type { MysqlFlavour } from '../versions.ts';
import type { StackShape } from './state.ts';

/** What the caller asks for. A missing field stays as it was, or gets its default. */
export interface WantedShape {
  readonly shards?: number;
  readonly mysqlFlavour?: MysqlFlavour;
  readonly replicas?: boolean;
  readonly mongodbMembers?: number;
  readonly parts?: readonly PartName[];
}

const FLAVOURS: readonly string[] = ['9', '8.0', 'mariadb'] satisfies MysqlFlavour[];

/**
 * Returns what a stack should be made of. Parts and shards can be added to an existing stack.
 *
 * @param usual the MySQL flavour of a new stack, unless another is wanted
 * @throws SettingError for values that mean nothing
 * @throws StackStateError when the existing data has another flavour or more shards
 */
export function resolveShape(
  wanted: WantedShape,
  name: string,
  before: StackShape | null,
  usual: MysqlFlavour = '9',
): StackShape {
  const shards = wanted.shards ?? before?.shards ?? 2;
  const mysqlFlavour = wanted.mysqlFlavour ?? before?.mysqlFlavour ?? usual;
  if (!Number.isInteger(shards) || shards < 1 || shards > 64)
    throw new SettingError(`${shards} shards: 1 to 64 can be had`);
  if (!FLAVOURS.includes(mysqlFlavour)) {
    throw new SettingError(`MySQL "${mysqlFlavour}": ${FLAVOURS.join(', ')} can be had`);
  }
  const mongodbMembers = wanted.mongodbMembers ?? before?.mongodbMembers ?? 1;
  // Two members cannot elect a primary when one of them is away.
  if (![1, 3, 5].includes(mongodbMembers))
    throw new SettingError(`${mongodbMembers} members of MongoDB: 1, 3 or 5 can be had`);
  const members = before?.mongodbMembers ?? 1;
  if (before !== null && members !== mongodbMembers) {
    throw new StackStateError(
      `stack "${name}" has a MongoDB of ${members} members; end it first (down), or choose another --name`,
    );
  }
  if (before !== null && (before.mysqlFlavour !== mysqlFlavour || before.shards > shards)) {
    throw new StackStateError(
      `stack "${name}" has ${before.shards} shards of MySQL ${before.mysqlFlavour}; ` +
        `end it first (down), or choose another --name`,
    );
  }
  const extra: PartName[] = wanted.replicas === true ? ['replicas'] : [];
  const parts = withNeeded([
    ...(before?.parts ?? []),
    ...(wanted.parts ?? (before ? [] : DEFAULT_PARTS)),
    ...extra,
  ]);
  return { shards, mysqlFlavour, ...(mongodbMembers === 1 ? {} : { mongodbMembers }), parts };
}

/** @throws SettingError unless the name can be a folder's and a container's */
export function assertName(name: string): void {
  if (!/^[a-z0-9][a-z0-9._-]{0,40}$/i.test(name)) {
    throw new SettingError(`"${name}" cannot name a stack: use letters, digits, dots, hyphens, at most 41`);
  }
}
