/** A part of a transaction: what is sent from its savepoint on. */
interface Part {
  /** The savepoint, by a name that is used once in the transaction. */
  readonly savepoint: string;
  /** The name that its owner gave it; undefined for one that was begun as a transaction. */
  readonly name: string | undefined;
  readonly owner: object;
  /** Whether somebody else has sent something since it began. */
  shared: boolean;
}

/** What a part's end becomes. */
export interface PartEnd {
  /** What is to be sent for it, if anything. */
  readonly sql: string | undefined;
}

/**
 * The parts of one transaction, which several may use at once: the function that it was begun for, connections of the
 * pool, units of work. A savepoint holds all that came after it, whoever sent it. So a part can be taken back alone only
 * while nobody but its owner has sent anything since it began; after that its failure is one of the whole.
 *
 * Savepoints have names of their own here: two owners may use one name at once.
 */
export class TransactionParts {
  /** Oldest first. */
  readonly #parts: Part[] = [];
  readonly #doom: () => void;
  #begun = 0;

  /** @param doom makes the whole one that can only be rolled back */
  constructor(doom: () => void) {
    this.#doom = doom;
  }

  /** Notes that `owner` sends something. */
  sent(owner: object): void {
    // Nearly always empty.
    for (let at = 0; at < this.#parts.length; at += 1) {
      const part = this.#parts[at]!;
      if (part.owner !== owner) part.shared = true;
    }
  }

  /** Begins a part for `owner`: the statement that does it. A name that `owner` has used before is the newer one's. */
  enter(owner: object, name?: string): string {
    this.sent(owner);
    this.#begun += 1;
    const savepoint = `ordershard_${this.#begun}`;
    this.#parts.push({ savepoint, name, owner, shared: false });
    return `SAVEPOINT ${savepoint}`;
  }

  /**
   * Ends the innermost part that `owner` has begun as a transaction, and the savepoints inside it. Undefined when there is
   * none.
   */
  leave(owner: object, how: 'commit' | 'rollback'): PartEnd | undefined {
    const at = this.#parts.findLastIndex((part) => part.owner === owner && part.name === undefined);
    if (at < 0) return undefined;
    const part = this.#parts[at]!;
    const end = how === 'commit' ? this.#release(at) : this.#takeBack(part);
    this.#drop(owner, at);
    return end;
  }

  /** Takes back what came after a savepoint of `owner`. Undefined when it has none of that name. */
  rollbackTo(owner: object, name: string): PartEnd | undefined {
    const at = this.#named(owner, name);
    if (at < 0) return undefined;
    const end = this.#takeBack(this.#parts[at]!);
    this.#drop(owner, at + 1);
    return end;
  }

  /** Gives up a savepoint of `owner`, and keeps what came after it. Undefined when it has none of that name. */
  release(owner: object, name: string): PartEnd | undefined {
    const at = this.#named(owner, name);
    if (at < 0) return undefined;
    const end = this.#release(at);
    this.#drop(owner, at);
    return end;
  }

  /** Dooms the whole if `owner` goes and has left a part open: it cannot be told from one that should stay. */
  abandon(owner: object): void {
    const open = this.#parts.some((part) => part.owner === owner && part.name === undefined);
    this.#drop(owner, 0);
    if (open) this.#doom();
  }

  #named(owner: object, name: string): number {
    return this.#parts.findLastIndex((part) => part.owner === owner && part.name === name);
  }

  #takeBack({ savepoint, shared }: Part): PartEnd {
    if (!shared) return { sql: `ROLLBACK TO SAVEPOINT ${savepoint}` };
    this.#doom();
    return { sql: undefined };
  }

  /** The server gives up the savepoints after one that is released too, so it stays while those of others are open. */
  #release(at: number): PartEnd {
    const { savepoint, owner } = this.#parts[at]!;
    const others = this.#parts.some((part, index) => index > at && part.owner !== owner);
    return { sql: others ? undefined : `RELEASE SAVEPOINT ${savepoint}` };
  }

  /** Forgets the parts of `owner` from one on. */
  #drop(owner: object, from: number): void {
    for (let at = this.#parts.length - 1; at >= from; at -= 1) {
      if (this.#parts[at]!.owner === owner) this.#parts.splice(at, 1);
    }
  }
}
