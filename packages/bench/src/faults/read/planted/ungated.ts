import { runHandProjector } from './hand-projector.ts';

/** Whatever comes last is kept. */
await runHandProjector({ ungated: true });
