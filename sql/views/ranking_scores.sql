-- What boards count, event by event, with the calendar periods of the organisation's time zone.
DROP VIEW IF EXISTS ranking_scores;
DROP VIEW IF EXISTS ranking_events;
CREATE VIEW ranking_events AS
SELECT x.*, to_char(x.local, 'YYYY-MM-DD') AS day, to_char(x.local, 'IYYY-"W"IW') AS week, to_char(x.local, 'YYYY-MM') AS month,
       to_char(x.local, 'YYYY-"Q"Q') AS quarter, to_char(x.local, 'YYYY') AS year
FROM (
  SELECT r.org_id, r.position, 'recognition' AS kind, r.occurred_at, r.occurred_at AT TIME ZONE o.time_zone AS local, r.giver,
         r.points, r."values",
         ARRAY (SELECT rr.person_id FROM recognition_recipients rr
                WHERE rr.org_id = r.org_id AND rr.position = r.position ORDER BY rr.line) AS recipients
  FROM recognitions r
  JOIN organizations o ON o.org_id = r.org_id
  UNION ALL
  SELECT a.org_id, a.state_position, 'award', e.occurred_at, e.occurred_at AT TIME ZONE o.time_zone, a.giver, a.points,
         a."values", a.recipients
  FROM awards a
  JOIN organizations o ON o.org_id = a.org_id
  JOIN entries e ON e.org_id = a.org_id AND e.position = a.state_position
  WHERE a.state = 'granted'
) x;

-- The reference for the boards in memory: every score of every metric in every period, with the position of the entry that
-- last changed it. Slow and plain on purpose. Filter by org_id, metric, period and period_id, then rank with window
-- functions over whomever the scope lists.
CREATE VIEW ranking_scores AS
WITH periods AS (
  SELECT e.*, p.period, p.period_id
  FROM ranking_events e
  CROSS JOIN LATERAL (VALUES ('day', e.day), ('week', e.week), ('month', e.month), ('quarter', e.quarter), ('year', e.year),
                             ('all', '')) AS p (period, period_id)
), received AS (
  SELECT e.*, r.person_id FROM periods e CROSS JOIN LATERAL unnest(e.recipients) AS r (person_id)
), first_meetings AS (
  SELECT org_id, period, period_id, giver, person_id, min(position) AS position
  FROM received WHERE kind = 'recognition' GROUP BY org_id, period, period_id, giver, person_id
), first_teams AS (
  SELECT m.org_id, m.period, m.period_id, m.giver, p.team, min(m.position) AS position
  FROM first_meetings m
  JOIN people g ON g.org_id = m.org_id AND g.person_id = m.giver
  JOIN people p ON p.org_id = m.org_id AND p.person_id = m.person_id
  WHERE p.team IS NOT NULL AND p.team IS DISTINCT FROM g.team
  GROUP BY m.org_id, m.period, m.period_id, m.giver, p.team
)
SELECT org_id, 'points_received' AS metric, period, period_id, person_id, sum(points)::bigint AS score, max(position) AS position
FROM received WHERE points > 0 GROUP BY org_id, period, period_id, person_id
UNION ALL
SELECT org_id, 'points_given', period, period_id, giver, sum(points * cardinality(recipients))::bigint, max(position)
FROM periods WHERE kind = 'recognition' AND points > 0 GROUP BY org_id, period, period_id, giver
UNION ALL
SELECT org_id, 'recognitions_received', period, period_id, person_id, count(*), max(position)
FROM received GROUP BY org_id, period, period_id, person_id
UNION ALL
SELECT org_id, 'recognitions_given', period, period_id, giver, count(*), max(position)
FROM periods WHERE kind = 'recognition' GROUP BY org_id, period, period_id, giver
UNION ALL
SELECT org_id, 'colleagues_recognised', period, period_id, giver, count(*), max(position)
FROM first_meetings GROUP BY org_id, period, period_id, giver
UNION ALL
SELECT org_id, 'teams_reached', period, period_id, giver, count(*), max(position)
FROM first_teams GROUP BY org_id, period, period_id, giver;
