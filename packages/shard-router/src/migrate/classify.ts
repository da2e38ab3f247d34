/** What a statement of a migration does, which decides how its progress can be known after a crash. */
export type StatementKind =
  /** Changes rows: runs in one transaction with the note that it ran. */
  | 'rows'
  /** Changes definitions, which commits by itself. */
  | 'schema'
  /** Sets up the session for later statements: runs again whenever a run goes on with the file. */
  | 'session'
  /** Would take the transaction or the database away from the runner. */
  | 'refused';

/** A named thing in the database that SHOW CREATE can show. */
export interface SchemaObject {
  readonly kind: 'TABLE' | 'VIEW' | 'PROCEDURE' | 'FUNCTION' | 'TRIGGER' | 'EVENT';
  readonly name: string;
}

const KINDS: Readonly<Record<string, StatementKind>> = {
  ...Object.fromEntries(
    ['INSERT', 'REPLACE', 'UPDATE', 'DELETE', 'WITH', 'CALL', 'LOAD', 'DO', 'SELECT'].map((verb) => [
      verb,
      'rows',
    ]),
  ),
  ...Object.fromEntries(['SET', 'PREPARE', 'DEALLOCATE'].map((verb) => [verb, 'session'])),
  ...Object.fromEntries(
    ['START', 'COMMIT', 'ROLLBACK', 'SAVEPOINT', 'RELEASE', 'XA', 'LOCK', 'UNLOCK', 'USE'].map((verb) => [
      verb,
      'refused',
    ]),
  ),
};

/** The kind of a statement, by its first words. */
export function kindOf(words: readonly string[]): StatementKind {
  const [first = '', second = ''] = words.slice(0, 2).map((word) => word.toUpperCase());
  if (first === 'CREATE' && second === 'TEMPORARY') return 'session';
  if (first === 'BEGIN') return second === 'NOT' ? 'schema' : 'refused';
  return KINDS[first] ?? 'schema';
}

const OBJECT_KINDS = new Set<string>(['TABLE', 'VIEW', 'PROCEDURE', 'FUNCTION', 'TRIGGER', 'EVENT']);
const FILLERS = new Set(['IF', 'NOT', 'EXISTS']);

/**
 * Returns the one object that a CREATE, ALTER or DROP is about; undefined when it is not clear, or is in another database.
 */
export function subjectOf(words: readonly string[]): SchemaObject | undefined {
  const capitals = words.map((word) => word.toUpperCase());
  if (!['CREATE', 'ALTER', 'DROP'].includes(capitals[0] ?? '')) return undefined;
  const place = capitals.findIndex((word) => word === 'INDEX' || OBJECT_KINDS.has(word));
  if (place < 0) return undefined;
  const ofIndex = capitals[place] === 'INDEX';
  const before = ofIndex ? capitals.indexOf('ON', place) : place;
  if (before < 0) return undefined;
  const named = capitals.findIndex((word, index) => index > before && !FILLERS.has(word));
  const name = words[named];
  if (name === undefined || name.includes('.')) return undefined;
  return { kind: ofIndex ? 'TABLE' : (capitals[place] as SchemaObject['kind']), name };
}
