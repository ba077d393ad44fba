-- The origin and time of the last change of each field of a customer. It is written by the
-- statement that writes the record. It is a column of its own because only enrichment and the full
-- view read it.
ALTER TABLE customers ADD COLUMN provenance BLOB NOT NULL DEFAULT x'';
