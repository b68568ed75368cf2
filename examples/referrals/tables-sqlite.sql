-- Referrals between an operation and a partner, in both directions, for SQLite. What the columns mean stands in
-- catalogue.yaml; rows about invented people stand in rows.sql.

CREATE TABLE referral (
  referral_id TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2)
    || '-8' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))),
  number TEXT, -- ours; none until a caseworker has taken a partner's referral up
  partner_case TEXT, -- the partner's own id of what it referred
  direction TEXT NOT NULL, -- 'out': to the partner; 'in': from it
  start_date TEXT,
  business_unit TEXT NOT NULL, -- the office that is in charge
  individual_no TEXT,
  given_name TEXT,
  middle_name TEXT,
  family_name TEXT,
  common_name TEXT,
  date_of_birth TEXT,
  sex TEXT,
  phone TEXT,
  registration_group TEXT,
  registration_group_no TEXT,
  intervention_type TEXT,
  transfer_status TEXT, -- how far the handover is; none of what the partner referred
  status TEXT NOT NULL, -- its life
  decided_on TEXT,
  reason TEXT, -- why it was rejected
  comment TEXT,
  row_version INTEGER NOT NULL DEFAULT 0 -- raised with every change: nobody overwrites what they have not read
);

CREATE TABLE referral_language (
  language_no INTEGER PRIMARY KEY,
  referral_id TEXT NOT NULL REFERENCES referral (referral_id),
  language TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'current' -- 'undone': came in by mistake, and was taken back
);

CREATE TABLE referral_need (
  need_no INTEGER PRIMARY KEY,
  referral_id TEXT NOT NULL REFERENCES referral (referral_id),
  category TEXT NOT NULL,
  subcategory TEXT,
  state TEXT NOT NULL DEFAULT 'current'
);
