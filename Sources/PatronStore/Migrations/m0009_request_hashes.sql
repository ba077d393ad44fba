-- A hash of the request beside its first answer: a request id that comes with another request is
-- refused. Only this database can make it. NULL for answers that were kept before.
ALTER TABLE requests ADD COLUMN request_hash BLOB;
