import { type EpochCluster } from './epoch-cluster.ts';
import { settleEpochs } from './settle-epochs.ts';

/** Settles epochs in the background of a router, because the process that has opened one may be dead. */
export class EpochSettler {
  readonly #cluster: () => EpochCluster;
  readonly #by: string;
  readonly #settled: () => void;
  #underWay: Promise<void> | undefined;
  #stopped = false;

  /** @param settled called when something was settled: there may be a newer map then */
  constructor(cluster: () => EpochCluster, by: string, settled: () => void) {
    this.#cluster = cluster;
    this.#by = by;
    this.#settled = settled;
  }

  /**
   * Starts to settle open epochs, unless that is under way already. After a failure, a later look or another router does it.
   */
  look(): void {
    if (this.#stopped) return;
    this.#underWay ??= this.#settle().finally(() => {
      this.#underWay = undefined;
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#underWay;
  }

  async #settle(): Promise<void> {
    try {
      const { settled } = await settleEpochs(this.#cluster(), this.#by);
      if (settled > 0) this.#settled();
    } catch {
      // The next look, or another router, does it.
    }
  }
}
