-- Referrals between an operation and a partner, in both directions, for PostgreSQL. What the columns mean stands in
-- catalogue.yaml; rows about invented people stand in rows.sql.

CREATE TABLE referral (
  referral_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  number text, -- ours; none until a caseworker has taken a partner's referral up
  partner_case text, -- the partner's own id of what it referred
  direction text NOT NULL, -- 'out': to the partner; 'in': from it
  start_date date,
  business_unit text NOT NULL, -- the office that is in charge
  individual_no text,
  given_name text,
  middle_name text,
  family_name text,
  common_name text,
  date_of_birth date,
  sex text,
  phone text,
  registration_group uuid,
  registration_group_no text,
  intervention_type text,
  transfer_status text, -- how far the handover is; none of what the partner referred
  status text NOT NULL, -- its life
  decided_on date,
  reason text, -- why it was rejected
  comment text,
  row_version bigint NOT NULL DEFAULT 0 -- raised with every change: nobody overwrites what they have not read
);

CREATE TABLE referral_language (
  language_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  referral_id uuid NOT NULL REFERENCES referral (referral_id),
  language text NOT NULL,
  state text NOT NULL DEFAULT 'current' -- 'undone': came in by mistake, and was taken back
);

CREATE TABLE referral_need (
  need_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  referral_id uuid NOT NULL REFERENCES referral (referral_id),
  category text NOT NULL,
  subcategory text,
  state text NOT NULL DEFAULT 'current'
);
