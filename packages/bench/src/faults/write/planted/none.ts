import { handRouter } from './hand-router.ts';

/** Merging by hand without a bug: what is found with the others is theirs. */
export const openRouter = (clusterId: string, urls: readonly string[]) => handRouter(clusterId, urls);
