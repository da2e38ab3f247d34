/** A table whose database has forgotten ids that this process has published. */
export interface ForgottenIds {
  readonly table: string;
  /** The highest id that was published. */
  readonly published: bigint;
  /** The highest id that the database knows. */
  readonly known: bigint;
}

/**
 * How far this process has published the tables, and which of their databases have forgotten some of these ids because a
 * replica that lacked them has become the writer. A recovery of the shard repairs that and raises the shard's incarnation;
 * ids forgotten before a recovery no longer count. Holds no connection.
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

  /** Whether {@link judge} has something to decide: new doubts, or tables that a recovery would clear. */
  get pending(): boolean {
    return this.#doubts.length > 0 || this.#forgotten.size > 0;
  }

  /** The last incarnation that is known. Ids that were published under another one do not count here. */
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

  /** Takes in the highest id that a table's database knows, from its rows and from its stored progress. */
  seen(table: string, known: bigint): void {
    const published = this.publishedOf(table);
    if (known < published) this.doubt({ table, published, known });
  }

  /**
   * Notes that a table has forgotten ids; {@link judge} confirms or drops that. From now on the table counts from the known
   * id.
   */
  doubt(ids: ForgottenIds): void {
    this.#doubts.push(ids);
    this.#published.set(ids.table, ids.known);
  }

  /**
   * Takes in the incarnation of the shard. Returns the tables that have forgotten ids and were not returned before; none
   * after a recovery.
   */
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
