export { type ArchivedOrder, ArchivedOrders } from './archive/archived-orders.ts';
export type { Catalogue, Menu, Shop } from './catalogue/catalogue.ts';
export { CatalogueWriteError } from './catalogue/errors.ts';
export { ShardCatalogue } from './catalogue/shard-catalogue.ts';
export type { Caller } from './commands/caller.ts';
export {
  type BulkChange,
  type BulkContext,
  type BulkPlacement,
  type BulkResult,
  changeOrders,
  placeOrders,
} from './commands/bulk.ts';
export { BulkBacklogError } from './commands/errors.ts';
export { LineTurns, type LineTurnsOptions } from './commands/line-turns.ts';
export { changeOrder } from './commands/change-order.ts';
export type { ChangeParts, CommandContext, CommandParts, CommandRouter, Outcome } from './commands/parts.ts';
export { placeOrder, type OrderRequest } from './commands/place-order.ts';
export { createApi, type ApiParts } from './http/api.ts';
export { PROBLEMS, type ProblemName } from './http/problem.ts';
export { createTokenVerifier, InvalidTokenError, type TokenVerifier } from './http/token-verifier.ts';
export { InvalidKeySetError, KeysUnavailableError } from './keys/errors.ts';
export { KeyRing, type KeyRingOptions } from './keys/key-ring.ts';
export { keyFile, type KeySource, keyUrl } from './keys/key-source.ts';
export { migrate, ORDER_MIGRATIONS } from './migrate.ts';
export { asOf } from './orders/as-of.ts';
export type { OrderChange } from './orders/change.ts';
export { ENDINGS, STEPS, type ChangeOrder, type OrderCommand, type PlaceOrder } from './orders/command.ts';
export { decide } from './orders/decide.ts';
export * from './orders/errors.ts';
export { evolve } from './orders/evolve.ts';
export { isFinal, type Order, type OrderLine } from './orders/order.ts';
export { toEvent, toSnapshot } from './orders/snapshot.ts';
export { TABLES } from './registry.ts';
export { KeyReusedError, RepositoryError, VersionConflictError } from './repository/errors.ts';
export { expireKeys, KEY_LIFETIME_MS } from './repository/idempotency-keys.ts';
export { readOrder } from './repository/orders.ts';
export { startApi } from './serve.ts';
export { readApiSettings, type ApiSettings } from './settings.ts';
export {
  changeInflow,
  type ChangedInflow,
  type InflowOrder,
  type InflowParts,
} from './throttle/change-inflow.ts';
export * from './throttle/errors.ts';
export { followInflow } from './throttle/follow-inflow.ts';
export type { InflowChange, InflowLimit } from './throttle/inflow-change.ts';
export { inflowChanged } from './throttle/inflow-event.ts';
export { InflowGate } from './throttle/inflow-gate.ts';
export {
  InvalidCursorError,
  InvalidReaderTokenError,
  ViewsBehindReaderError,
  ViewsUnavailableError,
} from './views/errors.ts';
export { findOrder } from './views/find-order.ts';
export { MongoOrderViews } from './views/mongo-order-views.ts';
export type { OrderPage, OrderViews, PageRequest } from './views/order-views.ts';
