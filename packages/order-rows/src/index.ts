export { OrdersUnsettledError } from './errors.ts';
export {
  decodeDetails,
  encodeDetails,
  type OrderDetails,
  type OrderItemRow,
  type OrderRow,
} from './order-row.ts';
export { BY_DAY, CARRIED, type OrderTables } from './order-tables.ts';
export { LAST_NUMBER } from './owned-ranges.ts';
export {
  type OrderAnswer,
  type OrderRouter,
  readOneOrder,
  readOrders,
  readShardOrders,
  type ShardAnswers,
} from './read-orders.ts';
export { type OrderChunk, scanOrders, type ScanOptions } from './scan-orders.ts';
export { snapshotOfRows } from './snapshot-of-rows.ts';
export { ORDER_LINE_COLUMNS, type OrderLineRow, selectOrders } from './sql/select-orders.ts';
