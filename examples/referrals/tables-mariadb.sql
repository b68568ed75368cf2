-- Referrals between an operation and a partner, in both directions, for MariaDB (10.7 or later). What the columns mean stands in
-- catalogue.yaml; rows about invented people stand in rows.sql.
-- A key comes with the record here: MariaDB does not tell which one it filled in.

CREATE TABLE referral (
  referral_id uuid PRIMARY KEY,
  number varchar(60), -- ours; none until a caseworker has taken a partner's referral up
  partner_case varchar(100), -- the partner's own id of what it referred
  direction varchar(40) NOT NULL, -- 'out': to the partner; 'in': from it
  start_date date,
  business_unit varchar(40) NOT NULL, -- the office that is in charge
  individual_no varchar(60),
  given_name varchar(200),
  middle_name varchar(200),
  family_name varchar(200),
  common_name varchar(200),
  date_of_birth date,
  sex varchar(40),
  phone varchar(40),
  registration_group uuid,
  registration_group_no varchar(60),
  intervention_type varchar(40),
  transfer_status varchar(40), -- how far the handover is; none of what the partner referred
  status varchar(40) NOT NULL, -- its life
  decided_on date,
  reason varchar(40), -- why it was rejected
  comment varchar(2000),
  row_version bigint NOT NULL DEFAULT 0 -- raised with every change: nobody overwrites what they have not read
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE referral_language (
  language_no bigint AUTO_INCREMENT PRIMARY KEY,
  referral_id uuid NOT NULL REFERENCES referral (referral_id),
  language varchar(40) NOT NULL,
  state varchar(40) NOT NULL DEFAULT 'current' -- 'undone': came in by mistake, and was taken back
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE referral_need (
  need_no bigint AUTO_INCREMENT PRIMARY KEY,
  referral_id uuid NOT NULL REFERENCES referral (referral_id),
  category varchar(40) NOT NULL,
  subcategory varchar(40),
  state varchar(40) NOT NULL DEFAULT 'current'
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
