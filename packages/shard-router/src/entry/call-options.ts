import type { ScopeOptions } from '../context/scope.ts';
import type { KeyLook } from '../epochs/earlier-keys.ts';
import { InvalidOptionError } from '../errors.ts';
import type { StatementLike } from '../write/statement.ts';
import type { WriteOptions } from '../write/unit-writes.ts';
import { A_BOOLEAN, ANYTHING, checkOptions, MILLISECONDS, type OptionKinds } from './check-names.ts';
import { checkNumber } from './check-target.ts';
import { shown } from './shown.ts';

/** The options of a call that has none. The checks know this object and skip it. */
export const NO_OPTIONS = Object.freeze({});

const SCOPE: OptionKinds<ScopeOptions> = {
  role: { what: "'writer' or 'reader'", fits: (value) => value === 'writer' || value === 'reader' },
  timeoutMs: MILLISECONDS,
  locked: A_BOOLEAN,
};

const WRITE: OptionKinds<WriteOptions> = { timeoutMs: MILLISECONDS, merge: A_BOOLEAN, caller: ANYTHING };

/** Checks the options of a scope, a transaction or a read. Throws {@link InvalidOptionError}. */
export function checkScopeOptions(options: unknown, of: string): asserts options is ScopeOptions {
  if (options !== NO_OPTIONS) checkOptions<ScopeOptions>(options, SCOPE, of);
}

/** Checks the options of a merged write. Throws {@link InvalidOptionError}. */
export function checkWriteOptions(options: unknown): asserts options is WriteOptions {
  if (options !== NO_OPTIONS) checkOptions<WriteOptions>(options, WRITE, 'write');
}

const LOOK: OptionKinds<KeyLook> = { number: ANYTHING, lifetimeMs: MILLISECONDS };

/** Checks the options that say where a key is looked for. Throws {@link InvalidOptionError}, {@link InvalidKeyError}. */
export function checkKeyLook(look: unknown): asserts look is KeyLook {
  checkOptions<KeyLook>(look, LOOK, 'readEarlier');
  checkNumber(look.number);
  if (look.lifetimeMs === undefined) throw new InvalidOptionError('readEarlier: lifetimeMs is needed');
}

/** Checks that a query has one of the forms of statements. Its contents are checked later, where the query is written. */
export function checkQuery(query: unknown): asserts query is StatementLike {
  if (typeof query === 'object' && query !== null && !Array.isArray(query)) return;
  if (typeof query === 'function') return; // A builder may be callable.
  throw new InvalidOptionError(`a query is a template or a query of Kysely or knex, not ${shown(query)}`);
}
