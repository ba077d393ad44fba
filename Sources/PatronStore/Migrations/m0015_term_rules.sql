-- The version of the rules by which the terms of all customers are made; while `term_rebuild` has
-- a row, the version that it brings. A program with newer rules fills `term_rebuild` when it opens
-- the database, so a new filter needs no migration.
CREATE TABLE term_rules (
  only INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
  version INTEGER NOT NULL
);
INSERT INTO term_rules (only, version) VALUES (1, 1);
