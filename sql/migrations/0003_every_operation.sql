-- Everything else that a programme does: boosts, earnings, reversals, points that run out, leavers, top-ups.

-- Points of one's own added to somebody's recognition, for the same recipients.
CREATE TABLE boosts (
  org_id               integer NOT NULL,
  position             bigint NOT NULL,
  recognition_position bigint NOT NULL,
  giver                uuid NOT NULL,
  -- For each recipient.
  points               bigint NOT NULL CHECK (points >= 1),
  occurred_at          timestamptz NOT NULL,
  PRIMARY KEY (org_id, position),
  FOREIGN KEY (org_id, recognition_position) REFERENCES recognitions
);
CREATE INDEX boosts_recognition ON boosts (org_id, recognition_position, position);
CREATE INDEX boosts_giver ON boosts (org_id, giver, occurred_at, position);

-- Points from other systems. Whose they are and why say the posting and the words.
CREATE TABLE earnings (
  org_id   integer NOT NULL,
  position bigint NOT NULL,
  source   text NOT NULL,
  PRIMARY KEY (org_id, position)
);

-- What was taken back, and by which entry. The key: nothing is reversed twice.
CREATE TABLE reversals (
  org_id            integer NOT NULL,
  -- Of the recognition, boost, award (its granting entry) or earning.
  reversed_position bigint NOT NULL,
  -- Of the reversing entry.
  position          bigint NOT NULL CHECK (position > reversed_position),
  PRIMARY KEY (org_id, reversed_position)
);
CREATE INDEX reversals_position ON reversals (org_id, position);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON boosts
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON earnings
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON reversals
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Lots earned while the programme let points run out: the last day on which they can be used, in the organisation's time zone,
-- and what is left of them. It follows from postings and lot_uses; here it can be found by day.
CREATE TABLE expiring_lots (
  org_id     integer NOT NULL,
  position   bigint NOT NULL,
  line       smallint NOT NULL,
  person_id  uuid NOT NULL,
  expires_on date NOT NULL,
  remaining  bigint NOT NULL CHECK (remaining >= 0),
  PRIMARY KEY (org_id, position, line)
);
CREATE INDEX expiring_lots_day ON expiring_lots (org_id, expires_on) WHERE remaining > 0;
CREATE INDEX expiring_lots_person ON expiring_lots (org_id, person_id, expires_on) WHERE remaining > 0;

ALTER TABLE programs
  ADD COLUMN givers text NOT NULL DEFAULT 'everyone' CHECK (givers IN ('everyone', 'managers', 'nobody'));
CREATE INDEX programs_position ON programs (org_id, position);

ALTER TABLE people
  -- What they may give in an allowance period, where it is not what the programme says.
  ADD COLUMN allowance_points bigint CHECK (allowance_points >= 0),
  -- The last day of somebody who left, in the organisation's time zone.
  ADD COLUMN left_on date;
UPDATE people p SET left_on = (e.recorded_at AT TIME ZONE o.time_zone)::date
FROM entries e, organizations o
WHERE NOT p.active AND e.org_id = p.org_id AND e.position = p.position AND o.org_id = p.org_id;
ALTER TABLE people ADD CHECK (left_on IS NULL OR NOT active);
CREATE INDEX people_left ON people (org_id, left_on) WHERE left_on IS NOT NULL;

-- Of an allowance: what came from top-ups and is still there, over resets.
ALTER TABLE accounts
  ADD COLUMN carried bigint NOT NULL DEFAULT 0 CHECK (carried >= 0 AND (carried = 0 OR account = 'allowance' AND carried <= balance));
