-- Phone numbers have one form (docs/phones.md). Records of versions before are brought into it by
-- the program when it starts: this is where it goes on, and the row goes when all are done. aliases
-- is 1 once it is at the numbers of merged customers.
CREATE TABLE phone_work (
  store_id TEXT NOT NULL,
  phone TEXT NOT NULL,
  aliases INTEGER NOT NULL,
  PRIMARY KEY (store_id, phone)
) WITHOUT ROWID;
INSERT INTO phone_work (store_id, phone, aliases)
  SELECT '', '', 0 WHERE EXISTS (SELECT 1 FROM customers);

-- Hashes cannot be brought into another form. In these stores an address was hashed when a number
-- was kept as it was spelled: there, every look-up tries the former spellings too.
CREATE TABLE spelled_stores (
  store_id TEXT NOT NULL,
  PRIMARY KEY (store_id)
) WITHOUT ROWID;
INSERT INTO spelled_stores (store_id)
  SELECT store_id FROM suppressions WHERE channel = 1
  UNION SELECT store_id FROM erased_addresses
  UNION SELECT store_id FROM confirmations WHERE channel = 1;
