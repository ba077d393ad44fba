-- Events in the order in which they were committed, for those who follow a store.
CREATE UNIQUE INDEX events_by_sequence ON events (store_id, sequence);

-- How far back a store can be followed: events with a sequence up to this one may have been
-- removed. A store without a row has kept everything.
CREATE TABLE feed_floors (
  store_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  PRIMARY KEY (store_id)
) WITHOUT ROWID;
