/** Everything a stack can be made of. */
export type PartName = 'mysql' | 'replicas' | 'kafka' | 'mongodb' | 'redis' | 'connect';

/** The parts of a stack when none are named. */
export const DEFAULT_PARTS: readonly PartName[] = ['mysql', 'kafka', 'mongodb'];
