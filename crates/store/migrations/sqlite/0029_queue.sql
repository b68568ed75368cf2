-- What waits for its turn is found without looking at everything that waits or ever came. Only expands: the previous program finds it by
-- other indexes. The same as PostgreSQL's.

CREATE INDEX intake_pending ON intake (exchange, received_at, id) WHERE state IN ('received', 'opened', 'validated', 'applying');
CREATE INDEX intake_opened ON intake (exchange, received_at, id) WHERE opened_at IS NOT NULL;
