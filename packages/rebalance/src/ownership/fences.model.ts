import {
  epochRanges,
  initialMap,
  nextMap,
  NUMBERS_END,
  type ShardMap,
  shardsOfMap,
  withEpoch,
  withoutEpochsBelow,
} from '@ordershard/shard-router';
import type { MoveKind } from '../move/move-plan.ts';
import { type ClaimingFence, claimOf } from './claim.ts';
import { hashOfClaim } from './claim-text.ts';
import { fencesOf, isSingle, withOwn } from './made-fences.model.ts';
import { mapOfOwners } from './map-of-owners.ts';
import { type HeardClaim, type Ownership, proveOwners } from './prove-owners.ts';
import { type BookedCells, claimOfSeal, sealText } from './seal.ts';

const BUCKETS = 8;
const EPOCH = 1_000n;
const KINDS: readonly MoveKind[] = ['numbers', 'keys', 'texts'];

/** Draws from [0, below). */
export type Draw = (below: number) => number;

/** A generator that draws the same for the same seed (mulberry32). */
export function drawBySeed(seed: number): Draw {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) % below;
  };
}

/** What a shard's database holds: its fences, and the version and hash of its own seal. */
export interface Database {
  readonly fences: readonly ClaimingFence[];
  readonly version: number;
  readonly hash: string;
}

/** What others keep of a shard. */
interface KeptSeal {
  readonly version: number;
  readonly hash: string;
  readonly text: string;
}

/** The databases of a cluster's shards as its operations change them, what they are in truth, and the maps that are published. */
export class FenceModel {
  map: ShardMap = initialMap('model', BUCKETS, [0, 1]);
  /** As they would be had none been restored. */
  readonly truth = new Map<number, Database>();
  /** As they are. */
  readonly shards = new Map<number, Database>();
  readonly seals = new Map<number, KeptSeal>();
  readonly #backups = new Map<number, Database[]>();
  readonly #draw: Draw;
  /** Is called while an operation is under way, with the moves that are booked. */
  between: (booked: readonly BookedCells[]) => void = () => undefined;

  constructor(draw: Draw) {
    this.#draw = draw;
    for (const shard of [0, 1]) this.#set(shard, fencesOf(this.map, shard));
    this.#publish();
  }

  /** Does something that an operator, or time, can do to a cluster that is whole, and gives its name. */
  step(): string {
    const steps = [
      () => this.#openEpoch(),
      () => this.#closeEpochs(),
      () => this.#addShard(),
      () => this.#move(this.#kind()),
      () => this.#move(this.#kind()),
      () => this.#rollback(this.#kind()),
      () => this.#rehome(),
      () => this.#expire(),
    ];
    const name = steps[this.#draw(steps.length)]!();
    for (const shard of this.members)
      if (this.#draw(3) === 0) this.#backups.get(shard)!.push(this.shards.get(shard)!);
    return name;
  }

  /** Restores a shard from one of its backups; gives which. */
  restore(): number {
    const shard = this.#any(this.members);
    const backups = this.#backups.get(shard)!;
    this.shards.set(shard, backups[this.#draw(backups.length)]!);
    return shard;
  }

  /** Makes all as it is in truth. */
  heal(): void {
    for (const [shard, database] of this.truth) this.shards.set(shard, database);
  }

  get members(): readonly number[] {
    return shardsOfMap(this.map);
  }

  /** What the members own together, `absent` of them by their seals. */
  prove(absent: readonly number[] = []): Ownership {
    return proveOwners(
      this.map,
      this.members.map((shard): HeardClaim =>
        absent.includes(shard)
          ? claimOfSeal(this.map, shard, this.seals.get(shard)!.text)
          : claimOf(shard, this.shards.get(shard)!.fences),
      ),
    );
  }

  /** The shards whose own seal is not the one that others keep of them. */
  get behind(): readonly number[] {
    return this.members.filter((shard) => this.shards.get(shard)!.hash !== this.seals.get(shard)!.hash);
  }

  /** What a booked move is of: its cells of a shard's fences. */
  #booked(source: number, target: number, fences: readonly ClaimingFence[]): readonly BookedCells[] {
    const cells = fences.flatMap((fence) => claimOf(source, [fence]).cells);
    return [{ source, target, cells }];
  }

  #openEpoch(): string {
    const from = BigInt(this.map.epochs.at(-1)!.from) + EPOCH;
    const owners = Array.from({ length: BUCKETS }, () => this.#any(this.members));
    const keyOwners = Array.from({ length: BUCKETS }, () => owners[this.#draw(BUCKETS)]!);
    this.map = withEpoch(this.map, { from: from.toString(), owners, keyOwners });
    const [epoch] = epochRanges(this.map).slice(-1);
    // What was sealed before the epoch stands for a shard that dies right after it.
    for (const shard of this.members) {
      const cut = this.#fences(shard).map((fence) =>
        fence.kind === 'numbers' && fence.to === String(NUMBERS_END) ? { ...fence, to: String(from) } : fence,
      );
      this.#set(shard, [
        ...cut,
        ...fencesOf(this.map, shard, [epoch!]).filter(({ kind }) => kind !== 'texts'),
      ]);
    }
    this.between([]);
    this.#publish();
    return 'opens an epoch';
  }

  #closeEpochs(): string {
    if (this.map.epochs.length < 2) return 'has nothing to close';
    const { from, keyGeneration } = this.map.epochs[1]!;
    const expired = this.members.every((shard) =>
      this.#fences(shard).every(
        ({ kind, to, readable_from: readable, state }) =>
          kind !== 'numbers' ||
          BigInt(to) > BigInt(from) ||
          BigInt(readable) >= BigInt(from) ||
          state === 'carried',
      ),
    );
    const singles = this.members.some((shard) => this.#fences(shard).some(isSingle));
    if (!expired || singles) return 'has numbers that can be read';
    this.map = withoutEpochsBelow(this.map, BigInt(from));
    // Shard by shard: meanwhile two have the numbers of the epoch that is given up, which nobody can read.
    for (const shard of this.members) {
      this.#set(
        shard,
        this.#fences(shard)
          .filter(
            ({ kind, at }) =>
              kind === 'texts' || BigInt(at) >= BigInt(kind === 'numbers' ? from : (keyGeneration ?? 0)),
          )
          .map((fence) =>
            fence.range_from === from
              ? {
                  ...fence,
                  range_from: '0',
                  at: fence.kind === 'numbers' ? '0' : fence.at,
                  readable_from: from,
                }
              : fence,
          ),
      );
    }
    this.#publish();
    return `closes the epochs before ${from}`;
  }

  #addShard(): string {
    const shard = Math.max(...this.members) + 1;
    if (shard > 4) return 'has shards enough';
    this.map = nextMap({ ...this.map, shards: [...this.members, shard] }, this.map);
    this.#set(shard, fencesOf(this.map, shard));
    this.#publish();
    return `adds shard ${shard}`;
  }

  /** A move, or one that is taken back before its switch, with the states in which it may be met. */
  #move(kind: MoveKind, back = false): string {
    const from = this.#any(this.members);
    const to = this.#any(this.members);
    const owned = this.#fences(from).filter(
      (fence) => fence.kind === kind && fence.state === 'owned' && !isSingle(fence),
    );
    if (from === to || owned.length === 0) return 'has nothing to move';
    const { bucket } = owned[this.#draw(owned.length)]!;
    const cells = owned.filter((fence) => fence.bucket === bucket);
    // A single number of the bucket that lies elsewhere is another's: its range is not the source's to give.
    const there = this.#fences(to).filter((fence) => fence.kind === kind && fence.bucket === bucket);
    if (
      there.some(isSingle) ||
      this.#fences(from).some((fence) => fence.bucket === bucket && isSingle(fence))
    )
      return 'has a single number in the bucket';
    if (!this.#mayMove(kind, from, to, bucket)) return 'would leave keys without numbers';
    const ats = new Set(cells.map(({ at }) => at));
    const set = (shard: number, state: ClaimingFence['state'], next: number | null) => {
      this.#set(
        shard,
        this.#fences(shard).map((fence) =>
          fence.kind === kind && fence.bucket === bucket && ats.has(fence.at)
            ? { ...fence, state, next_owner: next }
            : fence,
        ),
      );
      this.between(booked);
    };
    const booked = this.#booked(from, to, cells);
    this.#publish(booked);
    set(to, 'importing', from);
    set(from, 'capturing', to);
    set(from, 'frozen', to);
    if (back) {
      set(to, 'moved', from);
      set(from, 'owned', null);
    } else {
      set(to, 'owned', null);
      this.#publish(booked);
      set(from, 'moved', to);
    }
    this.#publish();
    return `${back ? 'rolls back' : 'moves'} ${kind} of bucket ${bucket} from ${from} to ${to}`;
  }

  #rollback(kind: MoveKind): string {
    return this.#move(kind, true);
  }

  /** Retention brings a number that has outlived its day to another shard. */
  #rehome(): string {
    const from = this.#any(this.members);
    const to = this.#any(this.members);
    const wide = this.#fences(from).find(
      (fence) =>
        fence.kind === 'numbers' &&
        fence.state === 'owned' &&
        fence.readable_from === '0' &&
        BigInt(fence.to) - BigInt(fence.at) > 10n,
    );
    if (from === to || wide === undefined) return 'has no number to bring';
    const number = BigInt(wide.at) + BigInt(this.#draw(8)) + 1n;
    const own = (shard: number, state: ClaimingFence['state'], next: number | null) =>
      this.#set(
        shard,
        withOwn(this.#fences(shard), wide.bucket, number, {
          state,
          next_owner: next,
          readable_from: String(number),
        }),
      );
    own(from, 'frozen', to);
    this.between([]);
    own(to, 'carried', null);
    this.between([]);
    own(from, 'moved', to);
    this.between([]);
    return `brings ${number} of bucket ${wide.bucket} from ${from} to ${to}`;
  }

  /** The retention of the oldest epoch is over: nothing of it can be read any more. */
  #expire(): string {
    if (this.map.epochs.length < 2) return 'has one epoch';
    const end = BigInt(this.map.epochs[1]!.from);
    for (const shard of this.members)
      this.#set(
        shard,
        this.#fences(shard).map((fence) =>
          fence.kind === 'numbers' && BigInt(fence.at) < end && fence.state !== 'carried'
            ? { ...fence, readable_from: String(end) }
            : fence,
        ),
      );
    return 'expires an epoch';
  }

  /** What a plan may not do: leave a shard with keys and without numbers to be drawn for them. */
  #mayMove(kind: MoveKind, from: number, to: number, bucket: number): boolean {
    return epochRanges(this.map).every(({ owners, keyOwners }) => {
      if (kind === 'texts') return true;
      if (kind === 'keys') return owners.includes(to);
      return !keyOwners.includes(from) || owners.some((owner, each) => owner === from && each !== bucket);
    });
  }

  /** Proves, seals with what is booked, and publishes. */
  #publish(booked: readonly BookedCells[] = []): void {
    const ownership = this.prove();
    if (ownership.faults.length > 0) throw new Error(`not once: ${JSON.stringify(ownership.faults, text)}`);
    for (const shard of this.members) {
      const database = this.truth.get(shard)!;
      const sealed = sealText(this.map, claimOf(shard, database.fences), booked);
      const kept = this.seals.get(shard);
      if (kept?.text === sealed) continue;
      const version = (kept?.version ?? 0) + 1;
      const seal = { version, hash: hashOfClaim(`${version} ${sealed}`), text: sealed };
      this.seals.set(shard, seal);
      this.#keep(shard, { ...database, version, hash: seal.hash });
    }
    this.map = nextMap(mapOfOwners(this.map, ownership), this.map);
  }

  #fences(shard: number): readonly ClaimingFence[] {
    return this.truth.get(shard)!.fences;
  }

  #set(shard: number, fences: readonly ClaimingFence[]): void {
    this.#keep(shard, { version: 0, hash: '', ...this.truth.get(shard), fences });
  }

  #keep(shard: number, database: Database): void {
    this.truth.set(shard, database);
    this.shards.set(shard, database);
    if (!this.#backups.has(shard)) this.#backups.set(shard, [database]);
  }

  #kind(): MoveKind {
    return this.#any(KINDS);
  }

  #any<T>(list: readonly T[]): T {
    return list[this.#draw(list.length)]!;
  }
}

function text(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
