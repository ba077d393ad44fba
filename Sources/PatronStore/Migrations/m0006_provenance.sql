-- Who last set which field of a customer, and when. It is written with the record and in the same
-- statement, and kept apart from it because only enrichment and the full view read it.
ALTER TABLE customers ADD COLUMN provenance BLOB NOT NULL DEFAULT x'';
