import type { Bugs } from '../../planted/bug.ts';

/** The bugs of this run's family, each of which some part of the product makes impossible. */
export const BUGS: Bugs = {
  /** A header without a value is read as one, and what is no error of ours ends the projector. */
  'null-header': {
    patches: [
      {
        file: 'read-model/src/projector/read-message.ts',
        find: 'if (name !== null && text !== null) named[',
        replace: 'if (name !== null) named[',
      },
      {
        file: 'read-model/src/projector/read-message.ts',
        find: '= text.toString();',
        replace: '= text!.toString();',
      },
      {
        file: 'read-model/src/projector/read-work.ts',
        find: 'return new ProjectionError(`it cannot be read: ${String(error)}`, { cause: error });',
        replace: 'throw error;',
      },
    ],
    foundBy: ['null key, value or header'],
  },
  /** Dead letters are sent all at once, and what the topic refuses for its size is taken for an absence of the broker. */
  'letters-by-count': {
    patches: [
      {
        file: 'read-model/src/failures/send-bounded.ts',
        find: 'if (!isTooLarge(error)) throw error;',
        replace: 'throw error;',
      },
      {
        file: 'read-model/src/failures/send-bounded.ts',
        find: 'export const REQUEST_BYTES = 512 * 1_024;',
        replace: 'export const REQUEST_BYTES = 2 ** 40;',
      },
    ],
    foundBy: ['large messages at once'],
  },
  /** While MongoDB is away, each view that it does not take is its message's failure. */
  'away-is-wrong': {
    patches: [
      {
        file: 'read-model/src/views/write-views.ts',
        find: 'throw unavailable(batch.length, (cause as Error).message, cause);\n  }\n  if',
        replace:
          'return batch.map(({ item }) => ({ item, code: 2, text: (cause as Error).message }));\n  }\n  if',
      },
    ],
    foundBy: ['no way to MongoDB'],
  },
  /** Readiness is asked whether servers answer, not whether anything moves. */
  'ready-when-still': {
    patches: [
      {
        file: 'read-model/src/projector/flow.ts',
        find: 'if (next >= end || now - since < this.#limitMs) return [];',
        replace: 'if (next < end || next >= end || now - since < this.#limitMs) return [];',
      },
    ],
    foundBy: ['transaction left open'],
  },
  /** Whatever comes last is kept. */
  ungated: {
    patches: [
      {
        file: 'read-model/src/views/write-views.ts',
        find: "const newer = { $lt: [{ $ifNull: ['$version', 0] }, view.version] };",
        replace: 'const newer = true;',
      },
    ],
    foundBy: ['old events again'],
  },
  /** Where nothing is committed, as on a topic that was made anew, reading begins with what comes next. */
  'begins-at-the-end': {
    patches: [
      {
        file: 'read-model/src/projector/partition-reader.ts',
        find: 'return this.#offsets(EARLIEST);',
        replace: 'return this.#offsets(LATEST);',
      },
    ],
    foundBy: ['topic deleted and made anew'],
  },
  /** Of aborted transactions only those are left out that the client leaves out. */
  'aborted-seen': {
    patches: [
      {
        file: 'read-model/src/projector/partition-reader.ts',
        find: 'committedOnly(batches, aborted)',
        replace: 'batches',
      },
    ],
    foundBy: ['long transaction aborted'],
  },
  /** Headers in our own topics are believed whatever they say. */
  'believed-headers': {
    patches: [
      {
        file: 'read-model/src/failures/provenance.ts',
        find: 'if (text === undefined || !/^\\d{1,19}$/.test(text)) return undefined;',
        replace: 'if (text === undefined) return undefined;',
      },
    ],
    foundBy: ['messages of others on a retry topic'],
  },
};
