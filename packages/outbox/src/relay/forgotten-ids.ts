/** A table whose database has forgotten ids that this process has published. */
export interface ForgottenIds {
  readonly table: string;
  /** The highest id that was published. */
  readonly published: bigint;
  /** The highest that the database knows of. */
  readonly known: bigint;
}

/**
 * What tables have come to, as far as this process has published them, and which of their databases have forgotten some of
 * it: a replica that lacked it has become the writer. What was forgotten since and put right by a recovery, which gives the
 * shard another incarnation, is none of it. Holds no connection.
 */
export class ForgottenWatch {
  readonly #published = new Map<string, bigint>();
  readonly #forgotten = new Map<string, ForgottenIds>();
  #doubts: ForgottenIds[] = [];
  #incarnation: number | undefined;

  /** Tables that have forgotten ids, by name. */
  get tables(): readonly ForgottenIds[] {
    return [...this.#forgotten.values()].toSorted((a, b) => (a.table < b.table ? -1 : 1));
  }

  /** Whether {@link judge} has something to tell. */
  get pending(): boolean {
    return this.#doubts.length > 0 || this.#forgotten.size > 0;
  }

  /** The incarnation that is known. What was published under another one is none of this. */
  get incarnation(): number | undefined {
    return this.#incarnation;
  }

  /** Notes how far a table is published. */
  publishedTo(table: string, id: bigint): void {
    if (id > this.publishedOf(table)) this.#published.set(table, id);
  }

  /** The highest id of a table that was published, 0 when none was. */
  publishedOf(table: string): bigint {
    return this.#published.get(table) ?? 0n;
  }

  /** Takes in what a table's database knows of, the highest id of its rows and of its progress. */
  seen(table: string, known: bigint): void {
    const published = this.publishedOf(table);
    if (known < published) this.doubt({ table, published, known });
  }

  /** Notes that a table has forgotten ids, until {@link judge} knows better. From now on it counts from what is known. */
  doubt(ids: ForgottenIds): void {
    this.#doubts.push(ids);
    this.#published.set(ids.table, ids.known);
  }

  /** Takes in the incarnation of the shard. Gives what is told of for the first time. */
  judge(incarnation: number): readonly ForgottenIds[] {
    const doubts = this.#doubts;
    this.#doubts = [];
    const recovered = this.#incarnation !== undefined && incarnation > this.#incarnation;
    this.#incarnation = incarnation;
    if (recovered) {
      this.#forgotten.clear();
      this.#published.clear();
      return [];
    }
    const fresh = doubts.filter(({ table }) => !this.#forgotten.has(table));
    for (const ids of fresh) this.#forgotten.set(ids.table, ids);
    return fresh;
  }
}
