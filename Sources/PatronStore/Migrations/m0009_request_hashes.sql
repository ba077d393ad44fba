-- A hash of the request beside its first answer: a request id that is used again for another
-- request is refused. The hash is under this database's key. NULL for answers stored before.
ALTER TABLE requests ADD COLUMN request_hash BLOB;
