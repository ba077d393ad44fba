-- Refunds and shipments that arrived before their order, moved events, and orders that earlier
-- versions counted differently.

-- body: patron.v1.PendingOrderPart. kind: 1 refund, 2 shipment. They belong to no customer yet, and
-- are deleted when their order arrives or their time is up.
CREATE TABLE pending_parts (
  store_id TEXT NOT NULL,
  order_external_id TEXT NOT NULL,
  kind INTEGER NOT NULL,
  part_id TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  id INTEGER NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (store_id, order_external_id, kind, part_id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX pending_parts_by_age ON pending_parts (store_id, received_at, id);

-- The sequence with which the event came to its customer from another; 0 for all other events.
ALTER TABLE events ADD COLUMN moved_sequence INTEGER NOT NULL DEFAULT 0;

-- Orders older than this migration hold the server's time instead of the platform's, and their
-- customers' statistics count unpaid orders. Both are corrected when the server opens the database.
-- The row holds the progress and is deleted at the end.
CREATE TABLE order_rebuild (
  store_id TEXT NOT NULL,
  customer_id INTEGER NOT NULL,
  PRIMARY KEY (store_id)
);
INSERT INTO order_rebuild (store_id, customer_id)
  SELECT '', 0 WHERE EXISTS (SELECT 1 FROM orders);
