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
  /** The kinds of faults that are to find it. */
  readonly foundBy: readonly string[];
}

/** A bug does not fit the product's text any more, or there is none of that name. */
export class NotPlantedError extends Error {
  override readonly name = 'NotPlantedError';
  readonly code = 'FAULTS_NOT_PLANTED';
}

export type Bugs = Readonly<Record<string, Bug>>;

/** @throws NotPlantedError when there is none */
export function bugNamed(bugs: Bugs, name: string): Bug {
  const bug = bugs[name];
  if (bug === undefined)
    throw new NotPlantedError(`no bug is called "${name}"; there are ${Object.keys(bugs).join(', ')}`);
  return bug;
}

/** The text of a file of the product with its part of a bug. @throws NotPlantedError when it does not fit any more */
export function patched(source: string, patches: readonly Patch[]): string {
  return patches.reduce((text, { file, find, replace }) => {
    if (text.split(find).length !== 2) throw new NotPlantedError(`${file} does not hold this once: ${find}`);
    return text.replace(find, () => replace);
  }, source);
}
