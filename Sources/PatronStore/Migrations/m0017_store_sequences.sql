-- Ids and sequences are counted by store, so that they tell a store nothing about the others.

-- The last number issued in each store. A store without a row goes on behind the number `store`:
-- the last one that all stores issued together, which any client may have kept as the place of a
-- watch. `record` is the last row of the search index from now on.
CREATE TABLE store_sequences (
  store_id TEXT NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY (store_id)
) WITHOUT ROWID;
INSERT INTO sequences (name, value) SELECT 'store', value FROM sequences WHERE name = 'record';

-- The search index has one range of rows for the customers of all stores. Here are the customers
-- whose row is not their id, because another store had come that far. In each store the rows have
-- the order of the ids. A merge leaves its customer's row, for an unmerge.
CREATE TABLE search_rows (
  store_id TEXT NOT NULL,
  customer_id INTEGER NOT NULL,
  search_row INTEGER NOT NULL,
  PRIMARY KEY (store_id, customer_id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX search_rows_by_row ON search_rows (store_id, search_row);
