-- What boards count, event by event, with the calendar periods of the organisation's time zone.
DROP VIEW IF EXISTS ranking_scores;
DROP VIEW IF EXISTS ranking_events;
DROP VIEW IF EXISTS ranking_grants;
CREATE VIEW ranking_grants AS
SELECT r.org_id, r.position, 'recognition' AS kind, r.occurred_at, r.giver, r.points, r."values",
       r.visibility = 'private' AS is_private,
       ARRAY (SELECT rr.person_id FROM recognition_recipients rr
              WHERE rr.org_id = r.org_id AND rr.position = r.position ORDER BY rr.line) AS recipients
FROM recognitions r
UNION ALL
SELECT b.org_id, b.position, 'boost', b.occurred_at, b.giver, b.points, r."values", r.visibility = 'private',
       ARRAY (SELECT rr.person_id FROM recognition_recipients rr
              WHERE rr.org_id = r.org_id AND rr.position = r.position ORDER BY rr.line)
FROM boosts b
JOIN recognitions r ON r.org_id = b.org_id AND r.position = b.recognition_position
UNION ALL
SELECT a.org_id, a.state_position, 'award', e.occurred_at, a.giver, a.points, a."values", false, a.recipients
FROM awards a
JOIN entries e ON e.org_id = a.org_id AND e.position = a.state_position
WHERE a.state = 'granted';

-- With a sign of -1: what a reversal takes away, at the reversal's position and in the periods of what it reverses.
CREATE VIEW ranking_events AS
SELECT x.*, to_char(local.day, 'YYYY-MM-DD') AS day, to_char(local.day, 'IYYY-"W"IW') AS week,
       to_char(local.day, 'YYYY-MM') AS month, to_char(local.day, 'YYYY-"Q"Q') AS quarter, to_char(local.day, 'YYYY') AS year
FROM (
  SELECT g.org_id, g.position, 1 AS sign, g.kind, g.occurred_at, g.giver, g.points, g."values", g.is_private, g.recipients
  FROM ranking_grants g
  UNION ALL
  SELECT g.org_id, v.position, -1, g.kind, g.occurred_at, g.giver, g.points, g."values", g.is_private, g.recipients
  FROM reversals v
  JOIN ranking_grants g ON g.org_id = v.org_id AND g.position = v.reversed_position
) x
JOIN organizations o ON o.org_id = x.org_id
CROSS JOIN LATERAL (SELECT day_of(x.occurred_at, o.time_zone)::timestamp AS day OFFSET 0) local;

-- The reference for the boards in memory: every score of every metric in every period, with the position of the entry that
-- last changed it. Private recognitions, with their boosts and their reversals, count where the present rules say so. Slow and
-- plain on purpose. Filter by org_id, metric, period and period_id, then rank with window functions over whomever the scope
-- lists.
CREATE VIEW ranking_scores AS
WITH periods AS (
  SELECT e.*, p.period, p.period_id
  FROM ranking_events e
  CROSS JOIN LATERAL (VALUES ('day', e.day), ('week', e.week), ('month', e.month), ('quarter', e.quarter), ('year', e.year),
                             ('all', '')) AS p (period, period_id)
  WHERE NOT e.is_private
    OR (SELECT g.private_on_boards FROM programs g WHERE g.org_id = e.org_id ORDER BY g.version DESC LIMIT 1)
), received AS (
  SELECT e.*, r.person_id FROM periods e CROSS JOIN LATERAL unnest(e.recipients) AS r (person_id)
), counted_meetings AS (
  SELECT org_id, period, period_id, giver, person_id, position, sign,
         sum(sign) OVER (PARTITION BY org_id, period, period_id, giver, person_id ORDER BY position) AS meetings
  FROM received WHERE kind = 'recognition'
), meetings AS (
  -- The first between two people, and the taking away of the last.
  SELECT * FROM counted_meetings WHERE meetings = CASE sign WHEN 1 THEN 1 ELSE 0 END
), counted_teams AS (
  SELECT m.org_id, m.period, m.period_id, m.giver, m.position, m.sign,
         sum(m.sign) OVER (PARTITION BY m.org_id, m.period, m.period_id, m.giver, p.team_folded ORDER BY m.position, m.person_id
                           ROWS UNBOUNDED PRECEDING) AS people
  FROM meetings m
  JOIN people g ON g.org_id = m.org_id AND g.person_id = m.giver
  JOIN people p ON p.org_id = m.org_id AND p.person_id = m.person_id
  WHERE p.team_folded IS NOT NULL AND p.team_folded IS DISTINCT FROM g.team_folded
)
SELECT org_id, 'points_received' AS metric, period, period_id, person_id, sum(sign * points)::bigint AS score,
       max(position) AS position
FROM received WHERE points > 0 GROUP BY org_id, period, period_id, person_id
UNION ALL
SELECT org_id, 'points_given', period, period_id, giver, sum(sign * points * cardinality(recipients))::bigint, max(position)
FROM periods WHERE kind <> 'award' AND points > 0 GROUP BY org_id, period, period_id, giver
UNION ALL
SELECT org_id, 'recognitions_received', period, period_id, person_id, sum(sign), max(position)
FROM received WHERE kind <> 'boost' GROUP BY org_id, period, period_id, person_id
UNION ALL
SELECT org_id, 'recognitions_given', period, period_id, giver, sum(sign), max(position)
FROM periods WHERE kind = 'recognition' GROUP BY org_id, period, period_id, giver
UNION ALL
SELECT org_id, 'colleagues_recognised', period, period_id, giver, sum(sign), max(position)
FROM meetings GROUP BY org_id, period, period_id, giver
UNION ALL
SELECT org_id, 'teams_reached', period, period_id, giver, sum(sign), max(position)
FROM counted_teams WHERE people = CASE sign WHEN 1 THEN 1 ELSE 0 END GROUP BY org_id, period, period_id, giver;
