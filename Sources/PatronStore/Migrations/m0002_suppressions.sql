-- Consent beyond the flags: suppressed addresses, double opt-in requests, and settings of stores.

-- Random numbers of this database. address_pepper is the key of the hashes of addresses: without
-- it, addresses cannot be tried against leaked hashes.
CREATE TABLE secrets (
  name TEXT NOT NULL PRIMARY KEY,
  value BLOB NOT NULL
) WITHOUT ROWID;
INSERT INTO secrets (name, value) VALUES ('address_pepper', randomblob(32));

-- A suppression belongs to an address, not to a customer: it may exist before the customer and
-- outlives it. address_hash is HMAC-SHA-256(address_pepper, the address in its compared form).
CREATE TABLE suppressions (
  store_id TEXT NOT NULL,
  channel INTEGER NOT NULL,
  address_hash BLOB NOT NULL,
  reason INTEGER NOT NULL,
  suppressed_at INTEGER NOT NULL,
  source TEXT NOT NULL,
  note TEXT NOT NULL,
  PRIMARY KEY (store_id, channel, address_hash, reason)
) WITHOUT ROWID;

-- Double opt-in requests, one row per channel and topic. Only the hash of the token is stored.
-- address_hash is that of the request's address. confirmed_at is NULL until the token is used.
CREATE TABLE confirmations (
  store_id TEXT NOT NULL,
  token_hash BLOB NOT NULL,
  channel INTEGER NOT NULL,
  topic INTEGER NOT NULL,
  customer_id INTEGER NOT NULL,
  address_hash BLOB NOT NULL,
  requested_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  confirmed_at INTEGER,
  PRIMARY KEY (store_id, token_hash, channel, topic)
) WITHOUT ROWID;
CREATE INDEX confirmations_by_age ON confirmations (store_id, expires_at);

-- body: patron.v1.StoreSettings. A store without a row has the defaults.
CREATE TABLE store_settings (
  store_id TEXT NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (store_id)
) WITHOUT ROWID;
