-- Predefined filters. A term is a category and a value that a customer has, such as (sms,
-- subscribers) or (tags, vip); this module does not interpret them. Memberships answer filters, and
-- the counters of the terms answer counts without a scan.

-- count: customers with the term. label: the value as people read it.
CREATE TABLE terms (
  store_id TEXT NOT NULL,
  category TEXT NOT NULL,
  value TEXT NOT NULL,
  term_id INTEGER NOT NULL,
  count INTEGER NOT NULL,
  label TEXT NOT NULL,
  PRIMARY KEY (store_id, category, value)
) WITHOUT ROWID;
CREATE UNIQUE INDEX terms_by_id ON terms (store_id, term_id);
INSERT INTO sequences (name, value) VALUES ('term', 0);

CREATE TABLE memberships (
  store_id TEXT NOT NULL,
  term_id INTEGER NOT NULL,
  customer_id INTEGER NOT NULL,
  PRIMARY KEY (store_id, term_id, customer_id)
) WITHOUT ROWID;

-- Packed ids of the customer's terms: those computed from `body`, and those from `stats`. NULL: not
-- computed yet.
ALTER TABLE customers ADD COLUMN body_terms BLOB;
ALTER TABLE customers ADD COLUMN stats_terms BLOB;

-- Customers older than this migration get their terms when the server opens the database. The row
-- holds the progress and is deleted at the end.
CREATE TABLE term_rebuild (
  store_id TEXT NOT NULL,
  customer_id INTEGER NOT NULL,
  PRIMARY KEY (store_id)
);
INSERT INTO term_rebuild (store_id, customer_id)
  SELECT '', 0 WHERE EXISTS (SELECT 1 FROM customers);
