-- The search index can be rebuilt from the customers: when it is damaged, and before it reaches a
-- limit of FTS5. During a rebuild the only row here holds its reason and progress; without a row
-- the index is whole. is_cleared is 0 while the old index is being deleted.
CREATE TABLE search_rebuild (
  only INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
  reason TEXT NOT NULL,
  is_cleared INTEGER NOT NULL,
  after_store TEXT NOT NULL,
  after_id INTEGER NOT NULL
);
