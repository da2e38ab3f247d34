const LENGTH_BYTES = 4;

/** Cuts a stream of bytes into Kafka's frames, each with its length before it. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #bytes = 0;

  /** Takes in a chunk, and returns the frames that are complete by now. */
  push(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    const frames: Buffer[] = [];
    for (;;) {
      if (this.#bytes < LENGTH_BYTES) return frames;
      if (this.#chunks[0]!.length < LENGTH_BYTES) this.#join();
      const length = LENGTH_BYTES + this.#chunks[0]!.readInt32BE(0);
      if (this.#bytes < length) return frames;
      const all = this.#join();
      frames.push(all.subarray(0, length));
      this.#bytes -= length;
      this.#chunks = [all.subarray(length)];
    }
  }

  #join(): Buffer {
    const all = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
    this.#chunks = [all];
    return all;
  }
}
