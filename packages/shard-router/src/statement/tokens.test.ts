import { describe, expect, test } from '@jest/globals';
import { leadingWords, tokensOf } from './tokens.ts';

/** Tokens as `kind:text`. */
function read(text: string): readonly string[] {
  return [...tokensOf(text)].map(({ kind, start, end }) => `${kind}:${text.slice(start, end)}`);
}

describe('the tokens of a statement', () => {
  test('leave out blanks and comments of every form', () => {
    expect(read('/* a */ COMMIT -- b\n# c\n;')).toEqual(['word:COMMIT', 'mark:;']);
    expect(read('COMMIT --')).toEqual(['word:COMMIT']);
    expect(read('a\u00a0 --\u00a0b')).toEqual(['word:a\u00a0', 'mark:-', 'mark:-', 'word:\u00a0b']);
    expect(read('SELECT 1--1')).toEqual(['word:SELECT', 'word:1', 'mark:-', 'mark:-', 'word:1']);
    expect(read("SELECT 1 -- it's /* open\n, 2")).toEqual(['word:SELECT', 'word:1', 'mark:,', 'word:2']);
  });

  test('take quoted text as one, with doubled quotes and backslashes', () => {
    expect(read("'it''s -- \\' /* ;'")).toEqual(["text:'it''s -- \\' /* ;'"]);
    expect(read('"a\\\\" `b``;--`')).toEqual(['text:"a\\\\"', 'name:`b``;--`']);
  });

  test('tell what servers run or skip by their version, and hints', () => {
    expect(read('SELECT /*+ MAX_EXECUTION_TIME(1) */ 1')).toEqual([
      'word:SELECT',
      'hint:/*+ MAX_EXECUTION_TIME(1) */',
      'word:1',
    ]);
    expect(read('START /*!50000 TRANSACTION */ /*M! READ WRITE */')).toEqual([
      'word:START',
      'code:/*!50000 TRANSACTION */',
      'code:/*M! READ WRITE */',
    ]);
  });

  test('tell variables', () => {
    expect(read('SET @a = @@session.sql_mode, @`b` = 1')).toEqual([
      'word:SET',
      'variable:@a',
      'mark:=',
      'variable:@@session.sql_mode',
      'mark:,',
      'variable:@',
      'name:`b`',
      'mark:=',
      'word:1',
    ]);
  });

  test.each(["SELECT 'a", 'SELECT "a\\"', 'SELECT `a', 'SELECT /* a', 'SELECT /*! a'])(
    'say that a quote or comment does not end: %s',
    (text) => {
      expect([...tokensOf(text)].at(-1)).toEqual({ kind: 'unclosed', start: 7, end: text.length });
    },
  );

  test('can be read by several at once', () => {
    const [one, other] = [tokensOf('a b'), tokensOf('cc dd')];
    expect([one.next().value, other.next().value, one.next().value]).toEqual([
      { kind: 'word', start: 0, end: 1 },
      { kind: 'word', start: 0, end: 2 },
      { kind: 'word', start: 2, end: 3 },
    ]);
  });

  test('the leading words are the verb, whatever stands before it', () => {
    expect(leadingWords('/* app */ start -- now\n transaction read write, WITH', 3)).toEqual([
      'START',
      'TRANSACTION',
      'READ',
    ]);
    expect(leadingWords('(select 1)', 2)).toEqual([]);
  });
});
