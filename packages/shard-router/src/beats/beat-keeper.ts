import { SHARD_IDS } from '../ids/snowflake.ts';
import type { Shard } from '../pools/shard.ts';
import type { Shards } from '../pools/shards.ts';
import { insertFirstBeat, keepBeat, type KeptBeat, raiseBeat, readBeats } from '../sql/beats.ts';
import { isLater, type KnownBeats } from './known-beats.ts';

/** How often a shard's beat rises. Any router may raise it. */
const BEAT_MS = 1_000;
/** A router leaves a younger beat alone: another process has just raised it. */
const DUE_MS = 900;
/** How many other shards keep a copy of a shard's beat. */
const WITNESSES = 2;

interface Heard {
  readonly shard: Shard;
  readonly beats: readonly KeptBeat[];
}

/**
 * Raises the beats of the shards, keeps a copy of each beat on two other shards, and stops the use of every shard that is
 * behind its last known beat. Every router does this; the first one that comes raises the beat.
 *
 * A router first raises a beat on its own shard, and then stores the copies. So a shard that has lost nothing is never behind
 * the copies that existed before it was asked.
 * A router does not raise a beat when no shard can tell it how far that beat had come: a shard that was restored would
 * otherwise catch up unnoticed.
 */
export class BeatKeeper {
  readonly #shards: Shards;
  readonly #known: KnownBeats;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(shards: Shards, known: KnownBeats) {
    this.#shards = shards;
    this.#known = known;
  }

  /** Looks at the beats of all shards, and repeats that every `BEAT_MS`. Never rejects. */
  async start(): Promise<void> {
    await this.#look();
    // The second look judges the shards by the beats that the first look has learned.
    await this.#look();
    this.#timer = setInterval(() => void this.#look(), BEAT_MS);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  #look(): Promise<void> {
    this.#looking ??= this.#once().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #once(): Promise<void> {
    const shards = this.#shards.all();
    this.#known.keepOnly(shards.map(({ id }) => id));
    const known = new Map(shards.map(({ id }) => [id, this.#known.last(id)]));
    const answers = await Promise.all(
      shards.map(async (shard): Promise<Heard | undefined> => {
        // Undefined when the shard does not answer, or is not migrated yet.
        const beats = await shard.look((session) => readBeats(session)).catch(() => undefined);
        return beats === undefined ? undefined : { shard, beats };
      }),
    );
    const heard = answers.filter((answer) => answer !== undefined);
    for (const { shard, beats } of heard)
      shard.judged(this.#known.refusal(shard.id, ownOf(shard, beats), known.get(shard.id)));
    for (const { beats } of heard)
      this.#known.note(beats.filter(({ shard }) => this.#shards.isMember(shard)));
    await Promise.allSettled(heard.map((one) => this.#beat(one, heard, heard.length === shards.length)));
  }

  async #beat({ shard, beats }: Heard, heard: readonly Heard[], all: boolean): Promise<void> {
    if (!shard.live) return;
    const { id } = shard;
    const own = ownOf(shard, beats);
    if (own === undefined) {
      if (all) await shard.look(insertFirstBeat);
      return;
    }
    const others = heard.filter((other) => other.shard !== shard);
    const kept = others.flatMap((other) => other.beats.filter((beat) => beat.shard === id));
    // Another shard keeps a later beat. Either the beat rose after this shard answered, or the shard is behind: the next look
    // shows which.
    if (kept.some((beat) => isLater(beat, own))) return;
    if (own.ageMs < DUE_MS || !(all || kept.length > 0)) return;
    if (!(await shard.look((session) => raiseBeat(session, own)))) return;
    const raised = { shard: id, incarnation: own.incarnation, beat: own.beat + 1n };
    this.#known.note([raised]);
    const after = (other: Heard) => (other.shard.id - id + SHARD_IDS) % SHARD_IDS;
    const witnesses = others.toSorted((a, b) => after(a) - after(b)).slice(0, WITNESSES);
    await Promise.allSettled(
      witnesses.map((witness) => witness.shard.look((session) => keepBeat(session, raised))),
    );
  }
}

function ownOf({ id }: Shard, beats: readonly KeptBeat[]): KeptBeat | undefined {
  return beats.find(({ shard }) => shard === id);
}
