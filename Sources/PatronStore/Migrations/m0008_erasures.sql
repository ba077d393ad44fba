-- Customers who were erased: the receipts, and what keeps an erasure from being undone by accident.
-- Nothing here is personal: numbers, dates, and hashes that only this database can make.

-- id: number of the receipt, and of the event that tells of the erasure. mode: 1 anonymised,
-- 2 purged. stats: encoded patron.v1.Customer with order_stats only, what the orders added up to.
-- is_complete is 0 while events and orders are still being worked off.
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

-- The ids to which erased customers answered. Events, orders and rows of the consent ledger that
-- stay keep the id.
CREATE TABLE erased_ids (
  store_id TEXT NOT NULL,
  customer_id INTEGER NOT NULL,
  erasure_id INTEGER NOT NULL,
  PRIMARY KEY (store_id, customer_id)
) WITHOUT ROWID;

-- Addresses of erased customers, hashed as those of suppressions.
CREATE TABLE erased_addresses (
  store_id TEXT NOT NULL,
  address_hash BLOB NOT NULL,
  erasure_id INTEGER NOT NULL,
  PRIMARY KEY (store_id, address_hash, erasure_id)
) WITHOUT ROWID;

-- Whom a kept answer is about, one or two: it goes with them.
ALTER TABLE requests ADD COLUMN customer_id INTEGER;
ALTER TABLE requests ADD COLUMN other_customer_id INTEGER;
CREATE INDEX requests_by_customer ON requests (store_id, customer_id)
  WHERE customer_id IS NOT NULL;
CREATE INDEX requests_by_other_customer ON requests (store_id, other_customer_id)
  WHERE other_customer_id IS NOT NULL;
CREATE INDEX confirmations_by_customer ON confirmations (store_id, customer_id);
