-- Phone numbers have one canonical form (docs/phones.md). The program converts records of earlier
-- versions when it starts. This row holds the progress and is deleted at the end. aliases is 1 once
-- the pass has reached the numbers of merged customers.
CREATE TABLE phone_work (
  store_id TEXT NOT NULL,
  phone TEXT NOT NULL,
  aliases INTEGER NOT NULL,
  PRIMARY KEY (store_id, phone)
) WITHOUT ROWID;
INSERT INTO phone_work (store_id, phone, aliases)
  SELECT '', '', 0 WHERE EXISTS (SELECT 1 FROM customers);

-- Hashes cannot be converted. In these stores an address was hashed while phone numbers were stored
-- as they were spelled: here every look-up tries the former spellings too.
CREATE TABLE spelled_stores (
  store_id TEXT NOT NULL,
  PRIMARY KEY (store_id)
) WITHOUT ROWID;
INSERT INTO spelled_stores (store_id)
  SELECT store_id FROM suppressions WHERE channel = 1
  UNION SELECT store_id FROM erased_addresses
  UNION SELECT store_id FROM confirmations WHERE channel = 1;
