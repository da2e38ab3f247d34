export { type PartitionsAhead, readPartitionsAhead } from './read-ahead.ts';
