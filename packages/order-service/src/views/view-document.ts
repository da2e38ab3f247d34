import {
  toOrderNumber,
  type DeliveryAddress,
  type OrderSnapshot,
  type OrderStatus,
} from '@ordershard/order-events';
import type { Ending } from '../orders/order.ts';

/** An integer of a document: int32 comes as a number, int64 as a bigint. */
type Integer = number | bigint;

/** A document of `order_views`, as the projector writes it. Amounts in minor units. */
export interface OrderViewDocument {
  readonly _id: bigint;
  readonly version: Integer;
  readonly status: OrderStatus;
  readonly memberId: string;
  readonly shopId: string;
  readonly shopName: string;
  readonly currency: string;
  readonly total: Integer;
  readonly items: readonly {
    readonly line: Integer;
    readonly menuId: string;
    readonly name: string;
    readonly unitPrice: Integer;
    readonly quantity: Integer;
    readonly amount: Integer;
  }[];
  readonly deliveryAddress?: DeliveryAddress | null;
  readonly note?: string | null;
  readonly timeline: readonly { readonly status: OrderStatus; readonly at: Date }[];
  readonly cancellation?: Ending | null;
  readonly refund?: Ending | null;
  readonly placedAt: Date;
  readonly updatedAt: Date;
}

/** Reads the snapshot that a view holds. */
export function snapshotOfView(view: OrderViewDocument): OrderSnapshot {
  return {
    number: toOrderNumber(view._id),
    version: Number(view.version),
    status: view.status,
    memberId: view.memberId,
    shopId: view.shopId,
    shopName: view.shopName,
    currency: view.currency,
    total: view.total.toString(),
    items: view.items.map((item) => ({
      line: Number(item.line),
      menuId: item.menuId,
      name: item.name,
      unitPrice: item.unitPrice.toString(),
      quantity: Number(item.quantity),
      amount: item.amount.toString(),
    })),
    deliveryAddress: view.deliveryAddress ?? undefined,
    note: view.note ?? undefined,
    timeline: view.timeline.map(({ status, at }) => ({ status, at: at.toISOString() })),
    cancellation: view.cancellation ?? undefined,
    refund: view.refund ?? undefined,
    placedAt: view.placedAt.toISOString(),
    updatedAt: view.updatedAt.toISOString(),
  };
}
