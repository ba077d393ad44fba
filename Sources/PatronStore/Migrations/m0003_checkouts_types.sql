-- Checkouts, and the event types that stores register.

-- body: patron.v1.Checkout.
CREATE TABLE checkouts (
  store_id TEXT NOT NULL,
  token TEXT NOT NULL,
  customer_id INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (store_id, token)
) WITHOUT ROWID;
CREATE INDEX checkouts_by_customer ON checkouts (store_id, customer_id);

-- body: patron.v1.EventType, of third parties only.
CREATE TABLE event_types (
  store_id TEXT NOT NULL,
  source_name TEXT NOT NULL,
  type TEXT NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (store_id, source_name, type)
) WITHOUT ROWID;
