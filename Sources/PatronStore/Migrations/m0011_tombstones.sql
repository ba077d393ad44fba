-- Tombstones of events that were deleted one by one, for watches that may have seen them. body:
-- patron.v1.Event with identifiers, source and type only.
CREATE TABLE event_tombstones (
  store_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  customer_id INTEGER NOT NULL,
  occurred_at INTEGER NOT NULL,
  id INTEGER NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (store_id, sequence)
) WITHOUT ROWID;
CREATE INDEX event_tombstones_by_customer ON event_tombstones (store_id, customer_id);
