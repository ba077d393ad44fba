-- A kept answer is an outcome: the answer without the records in it. They are named here and read
-- again for a repeat, so a kept answer is small however large its records are.

-- The event in the answer; its customers were here before.
ALTER TABLE requests ADD COLUMN event_id INTEGER;

-- The place in the order in which a store's answers are removed. It grows with each answer by the
-- answer's size in KiB, so one limit bounds number and bytes. 0: an answer of an earlier version,
-- kept whole, with its records.
ALTER TABLE requests ADD COLUMN position INTEGER NOT NULL DEFAULT 0;
DROP INDEX requests_by_age;
CREATE INDEX requests_by_position ON requests (store_id, position, created_at);
