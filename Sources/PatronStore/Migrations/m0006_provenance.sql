-- Who last set which field of a customer, and when: patron.v1.GetCustomerResponse with nothing but
-- provenance. Fields that one call set together share an entry: their names are joined by commas.
-- Kept apart from the record, because only enrichment and the full view read it.
ALTER TABLE customers ADD COLUMN provenance BLOB NOT NULL DEFAULT x'';
