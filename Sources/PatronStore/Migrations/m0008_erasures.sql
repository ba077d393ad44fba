-- Erasures: the receipts, and the data that keeps an erasure from being undone by accident. None of
-- it is personal: numbers, dates, and hashes under this database's key.

-- id: id of the receipt, and of the event that reports the erasure. mode: 1 anonymised, 2 purged.
-- stats: encoded patron.v1.Customer with order_stats only, the totals of the orders. is_complete is
-- 0 while the erasure works through events and orders.
CREATE TABLE erasures (
  store_id TEXT NOT NULL,
  id INTEGER NOT NULL,
  customer_id INTEGER NOT NULL,
  mode INTEGER NOT NULL,
  erased_at INTEGER NOT NULL,
  reason TEXT NOT NULL,
  event_count INTEGER NOT NULL,
  order_count INTEGER NOT NULL,
  suppression_count INTEGER NOT NULL,
  stats BLOB NOT NULL,
  is_complete INTEGER NOT NULL,
  PRIMARY KEY (store_id, id)
) WITHOUT ROWID;
CREATE INDEX erasures_unfinished ON erasures (store_id, id) WHERE is_complete = 0;

-- The ids that found erased customers. The events, orders and rows of the consent ledger that
-- remain keep the id.
CREATE TABLE erased_ids (
  store_id TEXT NOT NULL,
  customer_id INTEGER NOT NULL,
  erasure_id INTEGER NOT NULL,
  PRIMARY KEY (store_id, customer_id)
) WITHOUT ROWID;

-- Addresses of erased customers, hashed like those of suppressions.
CREATE TABLE erased_addresses (
  store_id TEXT NOT NULL,
  address_hash BLOB NOT NULL,
  erasure_id INTEGER NOT NULL,
  PRIMARY KEY (store_id, address_hash, erasure_id)
) WITHOUT ROWID;

-- The customers, at most two, that a stored answer is about: it is deleted when one is erased.
ALTER TABLE requests ADD COLUMN customer_id INTEGER;
ALTER TABLE requests ADD COLUMN other_customer_id INTEGER;
CREATE INDEX requests_by_customer ON requests (store_id, customer_id)
  WHERE customer_id IS NOT NULL;
CREATE INDEX requests_by_other_customer ON requests (store_id, other_customer_id)
  WHERE other_customer_id IS NOT NULL;
CREATE INDEX confirmations_by_customer ON confirmations (store_id, customer_id);
