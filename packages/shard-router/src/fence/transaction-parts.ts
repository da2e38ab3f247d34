/** A part of a transaction: all statements from its savepoint on. */
interface Part {
  /** The savepoint, by a name that is used once in the transaction. */
  readonly savepoint: string;
  /** The name that its owner gave it; undefined for one that was begun as a transaction. */
  readonly name: string | undefined;
  readonly owner: object;
  /** Whether anybody but the owner has sent something since the part began. */
  shared: boolean;
}

/** What has to be done to end a part. */
export interface PartEnd {
  /** The statement to send for it, if any. */
  readonly sql: string | undefined;
}

/**
 * The parts of one transaction. Several owners may use the transaction at once: the function that it was begun for,
 * connections of the pool, units of work. A savepoint covers every later statement, whoever sent it. So a part can be rolled
 * back alone only while nobody but its owner has sent anything since it began; after that, its failure is a failure of the
 * whole transaction.
 *
 * Savepoints get names of their own here, because two owners may use one name at once.
 */
export class TransactionParts {
  /** Oldest first. */
  readonly #parts: Part[] = [];
  readonly #doom: () => void;
  #begun = 0;

  /** @param doom makes the whole transaction rollback-only */
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

  /**
   * Begins a part for `owner`, and returns the statement that does it. If `owner` has used the name before, the name means
   * the newer part from then on.
   */
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

  /** Rolls back to a savepoint of `owner`. Undefined when it has none of that name. */
  rollbackTo(owner: object, name: string): PartEnd | undefined {
    const at = this.#named(owner, name);
    if (at < 0) return undefined;
    const end = this.#takeBack(this.#parts[at]!);
    this.#drop(owner, at + 1);
    return end;
  }

  /** Releases a savepoint of `owner`, and keeps all that came after it. Undefined when it has none of that name. */
  release(owner: object, name: string): PartEnd | undefined {
    const at = this.#named(owner, name);
    if (at < 0) return undefined;
    const end = this.#release(at);
    this.#drop(owner, at);
    return end;
  }

  /**
   * Forgets the parts of an `owner` that is gone. If it has left one open, dooms the whole transaction: nobody can tell
   * whether that part should stay.
   */
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

  /**
   * When a savepoint is released, the server also drops every later one. So it stays while later savepoints of other owners
   * are open.
   */
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
