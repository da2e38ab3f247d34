/** A change of one file of the product, by its text. */
export interface Patch {
  /** Below `packages/`. */
  readonly file: string;
  /** Found once, or the bug cannot be planted. */
  readonly find: string;
  readonly replace: string;
}

/** A bug that the product is given, to see whether the run finds it. */
export interface Bug {
  readonly patches: readonly Patch[];
  /** The kinds of wrong use that are to find it. */
  readonly foundBy: readonly string[];
}

/** A bug does not fit the product's text any more, or there is none of that name. */
export class NotPlantedError extends Error {
  override readonly name = 'NotPlantedError';
  readonly code = 'FAULTS_NOT_PLANTED';
}
