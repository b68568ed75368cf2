-- What people decide on what came in, and what becomes of it: decided records, files of which the rest is left out, what was undone.
-- Only expands: the previous program decides nothing of this. The same as SQLite's.

-- Keyed digest of what was decided by: the row that it is, or those that it is none of.
ALTER TABLE intake_waiting ADD COLUMN chosen TEXT COLLATE "C" CHECK (length(chosen) = 64);
-- Since when it waits no more: what was decided is carried out, or is not needed any more.
ALTER TABLE intake_waiting ADD COLUMN settled_at BIGINT;

CREATE INDEX intake_waiting_decided ON intake_waiting (intake) WHERE decision IS NOT NULL AND settled_at IS NULL;

-- Since when a person has ended it: what is applied stays, and the rest is left out.
ALTER TABLE intake ADD COLUMN left_out_at BIGINT;
-- How often it was undone: what is applied after that has places of its own in the target.
ALTER TABLE intake ADD COLUMN undone BIGINT NOT NULL DEFAULT 0 CHECK (undone >= 0);
-- Names of all who decided on records of it, as JSON: none of them may undo it.
ALTER TABLE intake ADD COLUMN reviewers TEXT COLLATE "C";
