-- E-mail addresses that came with somebody else's phone number: they tell numbers that people
-- share. Both are hashed like the addresses of `suppressions`; `day` is the last day of it, days
-- since 1970. A number has few rows, and those of more than a year ago go with the next one.
-- `owner_id` is who had the number then.
CREATE TABLE shared_phones (
  store_id TEXT NOT NULL,
  phone_hash BLOB NOT NULL,
  email_hash BLOB NOT NULL,
  day INTEGER NOT NULL,
  owner_id INTEGER NOT NULL,
  PRIMARY KEY (store_id, phone_hash, email_hash)
) WITHOUT ROWID;
CREATE INDEX shared_phones_by_email ON shared_phones (store_id, email_hash);
