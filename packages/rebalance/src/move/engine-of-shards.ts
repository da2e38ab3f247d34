import { readMoves } from './books.ts';
import { cleanUp, previewCleanUp } from './clean-up.ts';
import type { MoveEngine } from './engine.ts';
import { moveBuckets, resumeMoves } from './move-buckets.ts';
import { preflight } from './preflight.ts';
import { rollbackMoves } from './rollback-moves.ts';
import { verifyMoves } from './verify-moves.ts';

/** The engine that moves buckets between shards. */
export const MOVE_ENGINE: MoveEngine = {
  preflight: async (cluster, plan, options) => void (await preflight(cluster, plan, options)),
  moveBuckets,
  resumeMoves,
  rollbackMoves,
  verifyMoves,
  previewCleanUp,
  cleanUp,
  readMoves,
};
