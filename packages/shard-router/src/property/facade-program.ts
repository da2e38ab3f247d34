import * as fc from 'fast-check';

const INSIDE = ['begin', 'commit', 'write'] as const;
const CONTROLS = [
  'rollback',
  'savepoint',
  'rollback to',
  'release savepoint',
  'begin to read',
  'next reads',
] as const;
const OTHERS = ['forbidden', 'session', 'select', 'ping', 'fail unheard'] as const;
const STREAMS = ['read stream', 'half read stream', 'unread stream'] as const;
const POOL = ['pool select', 'pool body', 'pool write', 'pool stream', 'pool unread stream'] as const;
const ENDS = ['give back', 'destroy'] as const;

/** A step of a program that uses one connection of the pool, and the pool beside it. */
export interface FacadeStep {
  readonly do:
    | (typeof INSIDE)[number]
    | (typeof CONTROLS)[number]
    | (typeof OTHERS)[number]
    | (typeof STREAMS)[number]
    | (typeof POOL)[number]
    | (typeof ENDS)[number];
  /** Which of its texts, counted round. */
  readonly text: number;
  /** By callback, by events, by promise, or by a method of the connection where it has one. */
  readonly by: 'callback' | 'events' | 'promise' | 'method';
  /** Whether it is waited for before the next step. */
  readonly awaited: boolean;
}

/** What one caller does in one scope. */
export interface FacadeProgram {
  readonly steps: readonly FacadeStep[];
  /** Whether the scope ends with things under way. */
  readonly leaves: boolean;
  /** A stream of more rows than the buffers hold, which is begun last and not read to its end. */
  readonly last: 'nothing' | 'unread' | 'half read' | 'unread of the pool' | 'half read of the pool';
}

const oneOf = (weight: number, names: readonly FacadeStep['do'][]) => ({
  weight,
  arbitrary: fc.constantFrom(...names),
});

const step: fc.Arbitrary<FacadeStep> = fc.record({
  do: fc.oneof(
    oneOf(13, INSIDE),
    oneOf(6, CONTROLS),
    oneOf(5, OTHERS),
    oneOf(3, STREAMS),
    oneOf(4, POOL),
    oneOf(1, ENDS),
  ),
  text: fc.nat(3),
  by: fc.constantFrom('callback', 'events', 'promise', 'method'),
  awaited: fc.boolean(),
});

/** Programs: what one caller does with one connection and the pool in one scope. */
export const facadeProgram: fc.Arbitrary<FacadeProgram> = fc.record({
  steps: fc.array(step, { minLength: 3, maxLength: 14 }),
  leaves: fc.boolean(),
  last: fc.oneof(
    { weight: 3, arbitrary: fc.constant('nothing' as const) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        'unread' as const,
        'half read' as const,
        'unread of the pool' as const,
        'half read of the pool' as const,
      ),
    },
  ),
});
