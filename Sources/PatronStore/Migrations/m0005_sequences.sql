-- The events of a store in the order of commits, for watches.
CREATE UNIQUE INDEX events_by_sequence ON events (store_id, sequence);

-- The floor of each store's feed: events with a sequence up to it may have been removed. A store
-- without a row has kept everything.
CREATE TABLE feed_floors (
  store_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  PRIMARY KEY (store_id)
) WITHOUT ROWID;
