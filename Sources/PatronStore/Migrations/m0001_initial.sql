-- The first schema. Every key begins with store_id: this separates stores by construction and lets
-- the tables be distributed by store. Times are microseconds since 1970 UTC. `body` and `stats` are
-- encoded protobuf messages that this module does not interpret.

-- The last number issued. Ids and sequences of all records come from it, so they grow with time.
CREATE TABLE sequences (
  name TEXT NOT NULL PRIMARY KEY,
  value INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO sequences (name, value) VALUES ('record', 0);

-- body: patron.v1.Customer without the fields of stats.
-- stats: order_stats, activity and last_event_at of the same message.
CREATE TABLE customers (
  store_id TEXT NOT NULL,
  customer_id INTEGER NOT NULL,
  external_id TEXT,
  email TEXT,
  phone TEXT,
  updated_at INTEGER NOT NULL,
  body BLOB NOT NULL,
  stats BLOB NOT NULL,
  PRIMARY KEY (store_id, customer_id)
);
CREATE UNIQUE INDEX customers_by_external_id ON customers (store_id, external_id)
  WHERE external_id IS NOT NULL;
CREATE UNIQUE INDEX customers_by_email ON customers (store_id, email) WHERE email IS NOT NULL;
CREATE UNIQUE INDEX customers_by_phone ON customers (store_id, phone) WHERE phone IS NOT NULL;

-- Former external ids of customers: they still find the customer.
CREATE TABLE aliases (
  store_id TEXT NOT NULL,
  external_id TEXT NOT NULL,
  customer_id INTEGER NOT NULL,
  PRIMARY KEY (store_id, external_id)
) WITHOUT ROWID;

-- Trigrams of e-mail addresses and phone numbers; rowid is the customer_id. Tokens begin with a
-- hash of the store, so that the cost of a search does not depend on other stores.
CREATE VIRTUAL TABLE customer_search USING fts5 (
  tokens, content = '', detail = 'none', tokenize = 'ascii'
);

-- The clustered order is the order of a timeline.
CREATE TABLE events (
  store_id TEXT NOT NULL,
  customer_id INTEGER NOT NULL,
  occurred_at INTEGER NOT NULL,
  id INTEGER NOT NULL,
  source INTEGER NOT NULL,
  source_name TEXT NOT NULL,
  event_id TEXT NOT NULL,
  type TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (store_id, customer_id, occurred_at, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX events_by_key ON events (store_id, source, source_name, event_id);
CREATE UNIQUE INDEX events_by_id ON events (store_id, id);

CREATE TABLE orders (
  store_id TEXT NOT NULL,
  customer_id INTEGER NOT NULL,
  placed_at INTEGER NOT NULL,
  id INTEGER NOT NULL,
  external_id TEXT NOT NULL,
  currency_code TEXT NOT NULL,
  total INTEGER NOT NULL,
  refunded INTEGER NOT NULL,
  cancelled INTEGER NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (store_id, customer_id, placed_at, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX orders_by_external_id ON orders (store_id, external_id);
CREATE UNIQUE INDEX orders_by_id ON orders (store_id, id);

-- Append-only: a row outlives its customer, and only an erasure changes its body.
CREATE TABLE consent_ledger (
  store_id TEXT NOT NULL,
  customer_id INTEGER NOT NULL,
  id INTEGER NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (store_id, customer_id, id)
) WITHOUT ROWID;

-- First answers to writes that carry a request id.
CREATE TABLE requests (
  store_id TEXT NOT NULL,
  request_id TEXT NOT NULL,
  method TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  response BLOB NOT NULL,
  PRIMARY KEY (store_id, request_id)
) WITHOUT ROWID;
CREATE INDEX requests_by_age ON requests (store_id, created_at);
