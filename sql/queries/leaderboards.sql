-- What boards are built from and follow the log with.

-- The period of kind $2 that $3 names, or that today falls in when $3 is NULL. $3 is a period's id or a plain date.
-- name: period_bounds
SELECT to_char(p.first_day::timestamp, f.format), day_start(p.first_day, o.time_zone),
       day_start(period_after(p.first_day, f.period), o.time_zone)
FROM organizations o
JOIN ledger_heads h ON h.org_id = o.org_id
JOIN (VALUES ('day', 'YYYY-MM-DD'), ('week', 'IYYY-"W"IW'), ('month', 'YYYY-MM'), ('quarter', 'YYYY-"Q"Q'), ('year', 'YYYY'))
  AS f (period, format) ON f.period = $2::text
CROSS JOIN LATERAL (
  SELECT date_trunc($2::text, CASE
    WHEN $3::text IS NULL THEN day_of(GREATEST(now(), h.recorded_at), o.time_zone)
    WHEN $3::text ~ '^\d{4}-\d{2}-\d{2}$' THEN to_date($3::text, 'YYYY-MM-DD')
    WHEN $2::text = 'week' THEN to_date($3::text, 'IYYY-"W"IW')
    WHEN $2::text = 'month' THEN to_date($3::text, 'YYYY-MM')
    WHEN $2::text = 'quarter' THEN make_date(left($3::text, 4)::integer, right($3::text, 1)::integer * 3 - 2, 1)
    ELSE make_date(left($3::text, 4)::integer, 1, 1)
  END)::date AS first_day OFFSET 0
) p
WHERE o.org_id = $1::integer

-- Where the log ends, and whether private recognitions count by the rules that are in force there.
-- name: board_head
SELECT h.position, g.private_on_boards
FROM ledger_heads h
CROSS JOIN LATERAL (
  SELECT g.private_on_boards FROM programs g WHERE g.org_id = h.org_id AND g.position <= h.position
  ORDER BY g.version DESC LIMIT 1
) g
WHERE h.org_id = $1::integer

-- Events after the position $2, in the order of the log; $4: private ones, too.
-- name: ranking_events_after
SELECT position, kind, giver, recipients, points, "values", day, week, month, quarter, year, sign
FROM ranking_events WHERE org_id = $1::integer AND position > $2::bigint AND position <= $3::bigint
  AND ($4::boolean OR NOT is_private)
ORDER BY position

-- Events from $3 inclusive to $4 exclusive, up to the position $2, in the order of the log; $5: private ones, too.
-- name: ranking_events_between
SELECT position, kind, giver, recipients, points, "values", day, week, month, quarter, year, sign
FROM ranking_events
WHERE org_id = $1::integer AND position <= $2::bigint AND occurred_at >= $3::timestamptz AND occurred_at < $4::timestamptz
  AND ($5::boolean OR NOT is_private)
ORDER BY position

-- People who changed after the position $2, with what teams and places are compared by.
-- name: ranking_people
SELECT person_id, handle, name, team_folded, department_folded, location_folded, manager_id, active AND NOT leaderboard_opt_out
FROM people WHERE org_id = $1::integer AND position > $2::bigint AND position <= $3::bigint

-- One board from the reference view. $5 a team, folded, or NULL for everyone.
-- name: reference_board
SELECT rank() OVER w, dense_rank() OVER w,
       row_number() OVER (ORDER BY s.score DESC, s.position, p.handle COLLATE "C"),
       count(*) OVER (PARTITION BY s.score) - 1, s.score, p.handle, count(*) OVER ()
FROM ranking_scores s
JOIN people p ON p.org_id = s.org_id AND p.person_id = s.person_id
WHERE s.org_id = $1::integer AND s.metric = $2::text AND s.period = $3::text AND s.period_id = $4::text AND s.score > 0
  AND ($5::text IS NULL OR p.team_folded = $5::text) AND p.active AND NOT p.leaderboard_opt_out
WINDOW w AS (ORDER BY s.score DESC)
ORDER BY 3
