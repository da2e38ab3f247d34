import * as fc from 'fast-check';

/** How a scope is begun. */
export type ScopeKind = 'withKey' | 'withShard' | 'sharded' | 'transaction';

/** How a statement is sent: by promise, by prepared statement, by callback, or on a transaction's own handle. */
export type Via = 'query' | 'execute' | 'callback' | 'handle';

/** What lies between two steps. `foreign` and `emitter` wake from outside every scope. */
export type Pause = 'microtask' | 'next tick' | 'immediate' | 'timer' | 'emitter' | 'stream' | 'foreign';

/** A step of a schedule. `target` picks a key, number or shard. A caught failure ends its scope, not what is around it. */
export type Step =
  | { readonly do: 'statement'; readonly via: Via; readonly broken: boolean }
  | {
      readonly do: 'scope';
      readonly kind: ScopeKind;
      readonly target: number;
      /** Whether it is for what the scope around it is for, if there is one. */
      readonly again: boolean;
      readonly body: readonly Step[];
      readonly caught: boolean;
    }
  | { readonly do: 'parallel'; readonly branches: readonly (readonly Step[])[]; readonly caught: boolean }
  | {
      readonly do: 'connection';
      readonly begins: boolean;
      readonly statements: number;
      readonly pause: Pause;
      readonly end: 'commit' | 'rollback' | 'nothing';
    }
  | { readonly do: 'pause'; readonly pause: Pause }
  | { readonly do: 'fail' }
  /** Work that nobody waits for, and that goes on after its scope. */
  | { readonly do: 'detach'; readonly body: readonly Step[] };

/** How many targets {@link Step} chooses from. */
export const TARGETS = 5;

const pause = fc.constantFrom<Pause>(
  'microtask',
  'next tick',
  'immediate',
  'timer',
  'emitter',
  'stream',
  'foreign',
);

/** Steps, a few levels deep, with a scope, branches or some lone steps at the top. */
export const schedule: fc.Arbitrary<readonly Step[]> = fc.letrec<{
  top: readonly Step[];
  steps: readonly Step[];
  scope: Step;
  parallel: Step;
  step: Step;
}>((tie) => ({
  top: fc.oneof(
    { weight: 12, arbitrary: fc.tuple(tie('scope')) },
    { weight: 4, arbitrary: fc.tuple(tie('parallel')) },
    { weight: 1, arbitrary: tie('steps') },
  ),
  steps: fc.array(tie('step'), { minLength: 1, maxLength: 3, depthIdentifier: 'steps' }),
  scope: fc.record({
    do: fc.constant('scope' as const),
    kind: fc.constantFrom<ScopeKind>('withKey', 'withShard', 'sharded', 'transaction', 'transaction'),
    target: fc.nat(TARGETS - 1),
    again: fc.boolean(),
    body: tie('steps'),
    caught: fc.boolean(),
  }),
  parallel: fc.record({
    do: fc.constant('parallel' as const),
    branches: fc.array(tie('steps'), { minLength: 2, maxLength: 3 }),
    caught: fc.boolean(),
  }),
  step: fc.oneof(
    { depthSize: 'medium', maxDepth: 4, depthIdentifier: 'steps' },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('statement' as const),
        via: fc.constantFrom<Via>('query', 'execute', 'callback', 'handle'),
        broken: fc.nat(9).map((n) => n === 9),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('pause' as const), pause }) },
    { weight: 1, arbitrary: fc.constant({ do: 'fail' as const }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('connection' as const),
        begins: fc.boolean(),
        statements: fc.nat(2),
        pause,
        end: fc.constantFrom('commit' as const, 'rollback' as const, 'nothing' as const),
      }),
    },
    { weight: 6, arbitrary: tie('scope') },
    { weight: 3, arbitrary: tie('parallel') },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('detach' as const), body: tie('steps') }) },
  ),
})).top;
