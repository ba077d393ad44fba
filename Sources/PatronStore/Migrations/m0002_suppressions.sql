-- Consent beyond the flags: addresses that must not be written to, requests that wait for their
-- confirmation, and what a store decides.

-- Random numbers that belong to this database. address_pepper is the key under which addresses are
-- hashed: whoever gets hold of the hashes alone cannot try addresses against them.
CREATE TABLE secrets (
  name TEXT NOT NULL PRIMARY KEY,
  value BLOB NOT NULL
) WITHOUT ROWID;
INSERT INTO secrets (name, value) VALUES ('address_pepper', randomblob(32));

-- Suppression belongs to an address, not to a customer: it may be there before the customer and
-- outlives it. address_hash is HMAC-SHA-256(address_pepper, the address in the form that is
-- compared).
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

-- Double opt-ins that wait, one row a channel and topic. Only the hash of the token is kept;
-- address_hash is that of the address that the request was about. confirmed_at is absent until the
-- token was used.
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

-- body: patron.v1.StoreSettings. A store without a row has the usual settings.
CREATE TABLE store_settings (
  store_id TEXT NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (store_id)
) WITHOUT ROWID;
