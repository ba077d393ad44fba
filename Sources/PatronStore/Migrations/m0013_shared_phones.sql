-- E-mail addresses that came with another customer's phone number: they reveal phone numbers that
-- people share. Both are hashed like the addresses of `suppressions`. `day` is the last day on
-- which it happened, in days since 1970. A number has few rows; rows older than a year are deleted
-- when the next is written. `owner_id` is the customer that had the number then.
CREATE TABLE shared_phones (
  store_id TEXT NOT NULL,
  phone_hash BLOB NOT NULL,
  email_hash BLOB NOT NULL,
  day INTEGER NOT NULL,
  owner_id INTEGER NOT NULL,
  PRIMARY KEY (store_id, phone_hash, email_hash)
) WITHOUT ROWID;
CREATE INDEX shared_phones_by_email ON shared_phones (store_id, email_hash);
