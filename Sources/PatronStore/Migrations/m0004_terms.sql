-- Predefined filters. A term is a category and a value that a customer has, such as (sms,
-- subscribers) or (tags, vip); this module does not know what they mean. The lists of customers by
-- term answer filters, and the counters beside the terms answer counts without a scan.

-- count: how many customers have the term. label: the value as people read it.
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

-- The ids of the customer's terms, packed: those that come from `body`, and those from `stats`.
-- NULL: not made yet.
ALTER TABLE customers ADD COLUMN body_terms BLOB;
ALTER TABLE customers ADD COLUMN stats_terms BLOB;

-- Customers of before this migration get their terms when the server opens the database: the row
-- says how far that has come, and goes when it is done.
CREATE TABLE term_rebuild (
  store_id TEXT NOT NULL,
  customer_id INTEGER NOT NULL,
  PRIMARY KEY (store_id)
);
INSERT INTO term_rebuild (store_id, customer_id)
  SELECT '', 0 WHERE EXISTS (SELECT 1 FROM customers);
