-- The search index can be made again from the customers: when it is damaged, and before it reaches
-- a limit of its library. While it is made the one row here says why and how far it has come; no
-- row says that the index is whole. is_cleared is 0 while the old one is still being taken away.
CREATE TABLE search_rebuild (
  only INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
  reason TEXT NOT NULL,
  is_cleared INTEGER NOT NULL,
  after_store TEXT NOT NULL,
  after_id INTEGER NOT NULL
);
