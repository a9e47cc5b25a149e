-- Notifications: whom an entry concerns, where neither its recipients nor an index of its postings tell quickly.
--
-- For whoever operates this database:
-- * `notices` is an index of the log by person and holds positions alone: who was given an award or a boost, whose redemption
--   somebody else moved on, who was mentioned in a public recognition of others. Recipients of recognitions are found by
--   `recognition_recipients`, so thanking writes nothing here.
-- * It follows from the log and stands outside of the hash chain: losing it loses no history.
-- * What happened before this migration is filled in, save for mentions.

CREATE TABLE notices (
  org_id    integer NOT NULL,
  person_id uuid NOT NULL,
  position  bigint NOT NULL,
  PRIMARY KEY (org_id, person_id, position)
);

INSERT INTO notices (org_id, person_id, position)
SELECT a.org_id, unnest(a.recipients), a.state_position FROM awards a WHERE a.state = 'granted';

INSERT INTO notices (org_id, person_id, position)
SELECT r.org_id, r.person_id, e.position
FROM entries e
JOIN redemptions r ON r.org_id = e.org_id AND r.redemption_id = e.subject
WHERE e.kind IN ('redemption_approved', 'redemption_declined', 'redemption_cancelled', 'redemption_fulfilled',
                 'redemption_refunded')
  AND e.actor IS DISTINCT FROM r.person_id;
