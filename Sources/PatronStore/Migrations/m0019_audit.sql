-- The audit log: one chain of rows for all stores, written in the transactions that they report.
-- Rows are only added, and removed from the beginning. docs/audit.md says how the hash is computed.
-- None of the values is personal data of a customer.

-- seq: 1, 2, 3, ... without gaps. store_id: `*` for every store, empty for none. at: microseconds
-- since 1970. targets: kinds and ids with spaces between them. result: code of the status. hash:
-- SHA-256 of the previous row's hash and of this row.
CREATE TABLE audit (
  seq INTEGER NOT NULL PRIMARY KEY,
  store_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  key_id TEXT NOT NULL,
  on_behalf_of TEXT NOT NULL,
  peer TEXT NOT NULL,
  action TEXT NOT NULL,
  targets TEXT NOT NULL,
  result INTEGER NOT NULL,
  request_id TEXT NOT NULL,
  hash BLOB NOT NULL
);
CREATE INDEX audit_by_store ON audit (store_id, seq);

-- The last row that was removed, after which the chain begins. One row.
CREATE TABLE audit_anchor (
  name TEXT NOT NULL PRIMARY KEY,
  seq INTEGER NOT NULL,
  hash BLOB NOT NULL
) WITHOUT ROWID;
INSERT INTO audit_anchor (name, seq, hash) VALUES ('begin', 0, zeroblob(32));
