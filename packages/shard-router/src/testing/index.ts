export { MemoryRouter, type MemoryRouterOptions, type RecordedStatement } from './memory-router.ts';
export { startTestShards, type TestShards, type TestShardsOptions } from './start-test-shards.ts';
