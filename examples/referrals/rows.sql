-- Referrals about invented people, for each of the three tables-….sql.

INSERT INTO referral (referral_id, number, partner_case, direction, start_date, business_unit, individual_no, given_name, middle_name,
  family_name, common_name, date_of_birth, sex, phone, registration_group, registration_group_no, intervention_type, transfer_status,
  status, decided_on, reason, comment) VALUES
  -- To the partner: two that it has not taken over yet, one that it has, one that it accepted.
  ('10000000-0000-4000-8000-000000000001', '000-26-EXAMPLE-0001', NULL, 'out', '2026-03-02', '20000000-0000-4000-8000-000000000001',
    'EX-000000001', 'Zahra', NULL, 'Examplesdottir', 'Zuzu', '2014-10-09', 'female', '+254700000001', '30000000-0000-4000-8000-000000000001',
    'EX-26-0001', 'child-protection', 'pending', 'sent', NULL, NULL, NULL),
  ('10000000-0000-4000-8000-000000000002', '000-26-EXAMPLE-0002', NULL, 'out', '2026-03-03', '20000000-0000-4000-8000-000000000001',
    'EX-000000002', 'أمثلة', 'بن', 'المثال', NULL, '2011-01-31', 'male', NULL, '30000000-0000-4000-8000-000000000001',
    'EX-26-0001', 'family-tracing', 'pending', 'sent', NULL, NULL, NULL),
  ('10000000-0000-4000-8000-000000000003', '000-26-EXAMPLE-0003', NULL, 'out', '2026-02-11', '20000000-0000-4000-8000-000000000001',
    'EX-000000003', 'Примера', NULL, 'Образцова', NULL, '2009-06-15', 'female', '+254700000003', '30000000-0000-4000-8000-000000000002',
    'EX-26-0002', 'psychosocial', 'acknowledged', 'received', NULL, NULL, NULL),
  ('10000000-0000-4000-8000-000000000004', '000-26-EXAMPLE-0004', NULL, 'out', '2026-01-20', '20000000-0000-4000-8000-000000000001',
    'EX-000000004', 'ምሳሌ', NULL, 'ናሙና', NULL, '2008-12-01', 'unknown', NULL, '30000000-0000-4000-8000-000000000003',
    'EX-26-0003', 'child-protection', 'acknowledged', 'accepted', '2026-01-24', NULL, NULL),
  -- One who does not want it any more, and one of an office that the arrangement is not about: neither is told.
  ('10000000-0000-4000-8000-000000000005', '000-26-EXAMPLE-0005', NULL, 'out', '2026-03-04', '20000000-0000-4000-8000-000000000001',
    'EX-000000005', 'Muster', NULL, 'Beispiel', NULL, '2010-05-05', 'other', '+254700000005', '30000000-0000-4000-8000-000000000004',
    'EX-26-0004', 'psychosocial', 'pending', 'consent-withdrawn', NULL, NULL, NULL),
  ('10000000-0000-4000-8000-000000000006', '000-26-EXAMPLE-0006', NULL, 'out', '2026-03-05', '20000000-0000-4000-8000-000000000002',
    'EX-000000006', 'Ejemplo', NULL, 'De Nadie', NULL, '2012-02-02', 'male', NULL, '30000000-0000-4000-8000-000000000005',
    'EX-26-0005', 'child-protection', 'pending', 'sent', NULL, NULL, NULL),
  -- From the partner: decided both ways, not decided yet, and one of which the partner knows the decision.
  ('10000000-0000-4000-8000-000000000007', '000-26-EXAMPLE-0007', 'case-7', 'in', '2026-02-01', '20000000-0000-4000-8000-000000000001',
    NULL, 'नमूना', NULL, 'उदाहरण', NULL, '2013-03-03', 'female', '+254700000007', NULL, NULL, 'child-protection', NULL, 'accepted',
    '2026-02-09', NULL, 'Somebody will be at the desk on Tuesdays.'),
  ('10000000-0000-4000-8000-000000000008', '000-26-EXAMPLE-0008', 'case-8', 'in', '2026-02-02', '20000000-0000-4000-8000-000000000001',
    NULL, 'Mfano', NULL, 'wa Kubuniwa', NULL, '2015-08-08', 'male', NULL, NULL, NULL, 'family-tracing', NULL, 'rejected',
    '2026-02-10', 'outside-area', NULL),
  ('10000000-0000-4000-8000-000000000009', '000-26-EXAMPLE-0009', 'case-9', 'in', '2026-03-01', '20000000-0000-4000-8000-000000000001',
    NULL, '范例', NULL, '样', NULL, '2016-09-09', 'unknown', NULL, NULL, NULL, 'psychosocial', NULL, 'received', NULL, NULL, NULL),
  ('10000000-0000-4000-8000-000000000010', '000-26-EXAMPLE-0010', 'case-10', 'in', '2026-01-05', '20000000-0000-4000-8000-000000000001',
    NULL, 'Esempio', NULL, 'Inventato', NULL, '2012-11-11', 'male', NULL, NULL, NULL, 'child-protection', NULL, 'closed', '2026-01-12',
    NULL, NULL);

INSERT INTO referral_language (referral_id, language) VALUES
  ('10000000-0000-4000-8000-000000000001', 'som'),
  ('10000000-0000-4000-8000-000000000001', 'swa'),
  ('10000000-0000-4000-8000-000000000002', 'arb'),
  ('10000000-0000-4000-8000-000000000003', 'som'),
  ('10000000-0000-4000-8000-000000000003', 'eng'),
  ('10000000-0000-4000-8000-000000000005', 'swa'),
  ('10000000-0000-4000-8000-000000000006', 'swa'),
  ('10000000-0000-4000-8000-000000000007', 'amh'),
  ('10000000-0000-4000-8000-000000000007', 'orm');

INSERT INTO referral_need (referral_id, category, subcategory) VALUES
  ('10000000-0000-4000-8000-000000000001', 'CR', 'CR-CP'),
  ('10000000-0000-4000-8000-000000000001', 'SC', 'SC-UC'),
  ('10000000-0000-4000-8000-000000000001', 'DS', NULL),
  ('10000000-0000-4000-8000-000000000003', 'SC', 'SC-SC'),
  ('10000000-0000-4000-8000-000000000003', 'SM', NULL),
  ('10000000-0000-4000-8000-000000000003', 'CR', 'CR-CP'),
  ('10000000-0000-4000-8000-000000000005', 'CR', NULL),
  ('10000000-0000-4000-8000-000000000007', 'SC', 'SC-UC'),
  ('10000000-0000-4000-8000-000000000007', 'DS', NULL),
  ('10000000-0000-4000-8000-000000000007', 'CR', 'CR-CP');
