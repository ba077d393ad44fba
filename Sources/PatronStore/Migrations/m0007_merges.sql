-- Merged customers. Every identifier of the merged customer finds the remaining one: former
-- external ids are in `aliases`, ids and addresses here. An alias is never an identifier that a
-- customer has now, and it always belongs to an existing customer.

CREATE TABLE id_aliases (
  store_id TEXT NOT NULL,
  merged_id INTEGER NOT NULL,
  customer_id INTEGER NOT NULL,
  PRIMARY KEY (store_id, merged_id)
) WITHOUT ROWID;
CREATE INDEX id_aliases_by_customer ON id_aliases (store_id, customer_id);

-- channel: 1 for phone numbers, 2 for e-mail addresses, both in their compared form.
CREATE TABLE address_aliases (
  store_id TEXT NOT NULL,
  channel INTEGER NOT NULL,
  address TEXT NOT NULL,
  customer_id INTEGER NOT NULL,
  PRIMARY KEY (store_id, channel, address)
) WITHOUT ROWID;
CREATE INDEX address_aliases_by_customer ON address_aliases (store_id, customer_id);
CREATE INDEX aliases_by_customer ON aliases (store_id, customer_id);

-- The journal: everything needed to undo a merge. `secondary` is the encoded record of the merged
-- customer. primary_before and primary_after are the record of the remaining customer, to
-- distinguish later changes from those of the merge; the provenance is from before the merge.
-- events, orders and ledger are packed ids. All of these are emptied once the merge cannot be
-- undone.
CREATE TABLE merges (
  store_id TEXT NOT NULL,
  merge_id INTEGER NOT NULL,
  primary_id INTEGER NOT NULL,
  secondary_id INTEGER NOT NULL,
  merged_at INTEGER NOT NULL,
  unmerged_at INTEGER,
  primary_before BLOB NOT NULL,
  primary_after BLOB NOT NULL,
  primary_provenance BLOB NOT NULL,
  secondary BLOB NOT NULL,
  secondary_provenance BLOB NOT NULL,
  events BLOB NOT NULL,
  orders BLOB NOT NULL,
  ledger BLOB NOT NULL,
  PRIMARY KEY (store_id, merge_id)
);
CREATE INDEX merges_by_primary ON merges (store_id, primary_id, merge_id);
CREATE INDEX merges_by_secondary ON merges (store_id, secondary_id, merge_id);
CREATE INDEX merges_by_age ON merges (store_id, merged_at) WHERE secondary <> x'';

-- Aliases and checkouts that a merge moved. kind: 1 phone number, 2 e-mail address, 3 id, 4
-- external id, 5 token of a checkout.
CREATE TABLE merged_names (
  store_id TEXT NOT NULL,
  merge_id INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (store_id, merge_id, kind, name)
) WITHOUT ROWID;
