import { runHandProjector } from './hand-projector.ts';

/** Offsets are committed when the events are read, not when they are stored. */
await runHandProjector({ commitsBefore: 700 });
