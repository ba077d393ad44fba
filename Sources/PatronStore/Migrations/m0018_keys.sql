-- API keys, and stores made on purpose. These are the server's own tables: a key is looked up
-- before its store is known.

-- store_id: '*' for a key of every store. scopes: one bit for each scope of the contract. hash is
-- HMAC-SHA-256(key_pepper, id and secret of the key). former_hash is that of the secret before the
-- last rotation, valid until former_until. last_used_at is the beginning of an hour. limits: the
-- encoded patron.v1.CallLimits. NULL is none of that; a key without expires_at does not expire.
CREATE TABLE api_keys (
  key_id BLOB NOT NULL PRIMARY KEY,
  store_id TEXT NOT NULL,
  scopes INTEGER NOT NULL,
  hash BLOB NOT NULL,
  former_hash BLOB,
  former_until INTEGER,
  description TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER,
  last_used_at INTEGER,
  limits BLOB
) WITHOUT ROWID;
CREATE INDEX api_keys_by_store ON api_keys (store_id, created_at, key_id);
CREATE INDEX api_keys_by_age ON api_keys (created_at, key_id);
INSERT INTO secrets (name, value) VALUES ('key_pepper', randomblob(32));

-- Names that a connection proves without a key: URI:... and DNS:... of a client certificate, and
-- UID:... of a process on the same machine.
CREATE TABLE key_names (
  name TEXT NOT NULL PRIMARY KEY,
  key_id BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX key_names_by_key ON key_names (key_id);

-- created_at is 0 for a store that is older than this table. deleted_at is set while the store is
-- being deleted, which takes many transactions; the row goes with the last.
CREATE TABLE stores (
  store_id TEXT NOT NULL PRIMARY KEY,
  created_at INTEGER NOT NULL,
  deleted_at INTEGER
) WITHOUT ROWID;

-- The stores that have data. Each step looks up the next name in every table, so this takes the
-- same time however many rows they have.
INSERT INTO stores (store_id, created_at)
  WITH RECURSIVE found (name) AS (
    SELECT '' UNION ALL
    SELECT (
      SELECT min(next) FROM (
        SELECT min(store_id) AS next FROM customers WHERE store_id > name UNION ALL
        SELECT min(store_id) FROM events WHERE store_id > name UNION ALL
        SELECT min(store_id) FROM orders WHERE store_id > name UNION ALL
        SELECT min(store_id) FROM checkouts WHERE store_id > name UNION ALL
        SELECT min(store_id) FROM pending_parts WHERE store_id > name UNION ALL
        SELECT min(store_id) FROM consent_ledger WHERE store_id > name UNION ALL
        SELECT min(store_id) FROM suppressions WHERE store_id > name UNION ALL
        SELECT min(store_id) FROM erasures WHERE store_id > name UNION ALL
        SELECT min(store_id) FROM event_types WHERE store_id > name UNION ALL
        SELECT min(store_id) FROM store_settings WHERE store_id > name UNION ALL
        SELECT min(store_id) FROM store_sequences WHERE store_id > name))
    FROM found WHERE name IS NOT NULL)
  SELECT name, 0 FROM found WHERE name <> '';
