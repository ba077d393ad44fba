-- Refunds and shipments that came before their order, events that moved, and orders of versions
-- that counted them otherwise.

-- body: patron.v1.PendingOrderPart. kind: 1 refund, 2 shipment. They belong to no customer yet, and
-- go when their order comes or their time is over.
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

-- The sequence with which the event came to its customer from another one; 0 for all others.
ALTER TABLE events ADD COLUMN moved_sequence INTEGER NOT NULL DEFAULT 0;

-- Orders of before this migration have the server's time where the platform's is now, and their
-- customers' statistics count unpaid ones: both are put right when the server opens the database.
-- The row says how far that has come, and goes when it is done.
CREATE TABLE order_rebuild (
  store_id TEXT NOT NULL,
  customer_id INTEGER NOT NULL,
  PRIMARY KEY (store_id)
);
INSERT INTO order_rebuild (store_id, customer_id)
  SELECT '', 0 WHERE EXISTS (SELECT 1 FROM orders);
