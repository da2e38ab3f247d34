import type { Bugs } from '../../planted/bug.ts';

/** Bugs of what keeps one owner of everything, each of which one part of the product makes impossible. */
export const BUGS: Bugs = {
  /** No process looks whether a shard has forgotten something. */
  unnoticed: {
    patches: [
      {
        file: 'shard-router/src/beats/known-beats.ts',
        find: 'if (known === undefined || (own !== undefined && !isLater(known, own))) return undefined;',
        replace: 'if (true) return undefined;',
      },
    ],
    foundBy: ['restored as it was'],
  },
  /** A shard that is recovered owns by its own fences. */
  'own-word': {
    patches: [
      {
        file: 'rebalance/src/recovery/recover-shard.ts',
        find: 'const written = await writeFences(session, map, word.ownership, isExpected, nowMs);',
        replace: 'const written = { given: [], got: 0 };\n        void [writeFences, isExpected, nowMs];',
      },
    ],
    foundBy: ['restored after moves'],
  },
  /** What a restored shard was given, and has forgotten, stays where its rows are not. */
  'nothing-returns': {
    patches: [
      {
        file: 'rebalance/src/recovery/recover-shard.ts',
        find: 'await takeBack(session, back);',
        replace: 'void [takeBack, session];',
      },
    ],
    foundBy: ['restored after moves'],
  },
  /** Ids of the outbox go on where the backup had them. */
  'same-ids': {
    patches: [
      {
        file: 'rebalance/src/recovery/recover-shard.ts',
        find: 'if (outbox === true) await leapIds(session, table);',
        replace: 'if (outbox === true) void [leapIds, session, table];',
      },
    ],
    foundBy: ['restored as it was'],
  },
  /** Whoever has a file of some members publishes for all. */
  'no-proof': {
    patches: [
      {
        file: 'rebalance/src/topology/cluster-map.ts',
        find: 'if (missing.length > 0) throw new MemberMissingError(missing);',
        replace: 'void [missing, MemberMissingError];',
      },
      {
        file: 'rebalance/src/ownership/proof.ts',
        find: 'const members = shardsOfMap(map);',
        replace: 'const members = shardsOfMap(map).filter((shard) => cluster.shards.includes(shard));',
      },
      {
        file: 'rebalance/src/ownership/proof.ts',
        find: 'if (ownership.faults.length === 0) return',
        replace: 'if (true) return',
      },
    ],
    foundBy: ['a file that lacks a member'],
  },
  /** What time it is, is asked of the process that asks. */
  'own-clock': {
    patches: [
      {
        file: 'shard-router/src/sql/read-clock.ts',
        find: 'return Number(row!.now_ms);',
        replace: 'return row && Date.now();',
      },
    ],
    foundBy: ['an epoch by a wrong clock'],
  },
  /** Whoever draws numbers may have any clock. */
  'any-clock': {
    patches: [
      {
        file: 'shard-router/src/ids/worker-lease.ts',
        find: 'if (ahead > MAX_CLOCK_DIFFERENCE_MS) return ahead;\n  return behind > MAX_CLOCK_DIFFERENCE_MS ? -behind : 0;',
        replace: 'void [ahead, behind, MAX_CLOCK_DIFFERENCE_MS];\n  return 0;',
      },
    ],
    foundBy: ['a process of a wrong clock'],
  },
};
