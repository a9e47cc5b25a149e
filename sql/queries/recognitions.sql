-- The feed and its like: recognitions, and awards that were granted. A private recognition is shown to its giver, its recipients,
-- the managers of either, and admins; awards are shown to all.

-- A row of recognition_feed comes by its position, which LIMIT 1 keeps so, whatever was known when the statement was planned.

-- By position: what a replay or a new answer renders. Not filtered: the caller made it.
-- name: recognition_at
SELECT entry_id, position, occurred_at, giver, giver_handle, giver_name, recipient_ids, recipient_handles,
       recipient_names, message, points, "values", visibility,
       is_reversed, boost_ids, boost_givers, boost_handles, boost_names, boost_points,
       boost_times, boost_positions, kind
FROM recognition_feed WHERE org_id = $1::integer AND position = $2::bigint

-- $3 the caller, $4 whether an admin. An award has the id of the entry that asked for it, and stands where it was granted.
-- name: recognition
SELECT f.entry_id, f.position, f.occurred_at, f.giver, f.giver_handle, f.giver_name, f.recipient_ids,
       f.recipient_handles, f.recipient_names, f.message, f.points, f."values", f.visibility,
       f.is_reversed, f.boost_ids, f.boost_givers, f.boost_handles, f.boost_names, f.boost_points,
       f.boost_times, f.boost_positions, f.kind
FROM entries e
LEFT JOIN awards a ON a.org_id = e.org_id AND a.award_id = e.entry_id AND a.state = 'granted'
CROSS JOIN LATERAL (
  SELECT * FROM recognition_feed f
  WHERE f.org_id = e.org_id AND f.position = COALESCE(a.state_position, e.position) AND f.entry_id = e.entry_id LIMIT 1
) f
WHERE e.org_id = $1::integer AND e.entry_id = $2::uuid
  AND (f.visibility = 'public' OR $4::boolean OR f.giver = $3::uuid OR $3::uuid = ANY (f.recipient_ids)
       OR EXISTS (SELECT FROM people p WHERE p.org_id = f.org_id AND p.manager_id = $3::uuid
                  AND (p.person_id = f.giver OR p.person_id = ANY (f.recipient_ids))))

-- Newest first, before the cursor ($4, $5). Filters that are NULL do not filter. $6 giver, $7 recipient, $8 team, folded, of
-- giver or a recipient, $9 value; days ($10, $11) are whole and inclusive in the organisation's zone, instants ($12, $13)
-- include the first and exclude the last.
-- The page is found by its keys alone, along an index of each kind: of recognitions by when they occurred, which imports set, and of
-- awards by position, which is the same order and has the same ends. Only the rows of the page are then read in full.
-- name: feed
WITH bounds AS MATERIALIZED (
  SELECT span.since, span.at, span.position, position_before(o.org_id, span.since) AS after_position,
         GREATEST(position_before(o.org_id, span.at), LEAST(position_by(o.org_id, span.at), span.position - 1)) AS last_position
  FROM organizations o
  CROSS JOIN LATERAL (
    -- The page ends before the cursor and the end of the span, whichever is earlier: one place for an index to begin at.
    SELECT COALESCE(day_start($10::date, o.time_zone), $12::timestamptz, '-infinity') AS since,
           LEAST(ends.until, $4::timestamptz) AS at, CASE WHEN ends.until <= $4::timestamptz THEN 0 ELSE $5::bigint END AS position
    FROM (SELECT COALESCE(day_start($11::date + 1, o.time_zone), $13::timestamptz, 'infinity') AS until OFFSET 0) ends
    OFFSET 0
  ) span
  WHERE o.org_id = $1::integer
), thanks AS (
  SELECT r.org_id, r.position, r.occurred_at
  FROM recognitions r
  WHERE r.org_id = $1::integer
    AND (r.occurred_at, r.position) < ((SELECT at FROM bounds), (SELECT position FROM bounds))
    AND r.occurred_at >= (SELECT since FROM bounds)
    AND ($6::uuid IS NULL OR r.giver = $6::uuid)
    AND ($7::uuid IS NULL OR EXISTS (
      SELECT FROM recognition_recipients x
      WHERE x.org_id = r.org_id AND x.position = r.position AND x.person_id = $7::uuid))
    AND ($8::text IS NULL
      OR EXISTS (SELECT FROM people p WHERE p.org_id = r.org_id AND p.person_id = r.giver AND p.team_folded = $8::text)
      OR EXISTS (SELECT FROM recognition_recipients x JOIN people p ON p.org_id = x.org_id AND p.person_id = x.person_id
                 WHERE x.org_id = r.org_id AND x.position = r.position AND p.team_folded = $8::text))
    AND ($9::text IS NULL OR $9::text = ANY (r."values"))
    AND (r.visibility = 'public' OR $3::boolean OR r.giver = $2::uuid
      OR EXISTS (SELECT FROM people p WHERE p.org_id = r.org_id AND p.person_id = r.giver AND p.manager_id = $2::uuid)
      OR EXISTS (SELECT FROM recognition_recipients x JOIN people p ON p.org_id = x.org_id AND p.person_id = x.person_id
                 WHERE x.org_id = r.org_id AND x.position = r.position
                   AND (x.person_id = $2::uuid OR p.manager_id = $2::uuid)))
  ORDER BY r.occurred_at DESC, r.position DESC
  LIMIT $14::integer
), granted AS (
  SELECT a.org_id, a.state_position AS position,
         (SELECT e.occurred_at FROM entries e WHERE e.org_id = a.org_id AND e.position = a.state_position) AS occurred_at
  FROM awards a
  WHERE a.org_id = $1::integer AND a.state = 'granted'
    AND a.state_position > (SELECT after_position FROM bounds) AND a.state_position <= (SELECT last_position FROM bounds)
    -- What is older than a full page of thanks is not on the page, so it need not be looked through.
    AND a.state_position > COALESCE(position_before($1::integer, (
      SELECT min(t.occurred_at) FROM thanks t HAVING count(*) >= $14::integer)), 0)
    AND ($6::uuid IS NULL OR a.giver = $6::uuid)
    AND ($7::uuid IS NULL OR $7::uuid = ANY (a.recipients))
    AND ($8::text IS NULL OR EXISTS (
      SELECT FROM people p WHERE p.org_id = a.org_id AND p.person_id = ANY (a.giver || a.recipients) AND p.team_folded = $8::text))
    AND ($9::text IS NULL OR $9::text = ANY (a."values"))
  ORDER BY a.state_position DESC
  LIMIT $14::integer
), page AS (
  SELECT * FROM thanks UNION ALL SELECT * FROM granted
  ORDER BY occurred_at DESC, position DESC
  LIMIT $14::integer
)
SELECT f.entry_id, f.position, f.occurred_at, f.giver, f.giver_handle, f.giver_name, f.recipient_ids,
       f.recipient_handles, f.recipient_names, f.message, f.points, f."values", f.visibility,
       f.is_reversed, f.boost_ids, f.boost_givers, f.boost_handles, f.boost_names, f.boost_points,
       f.boost_times, f.boost_positions, f.kind
FROM page
CROSS JOIN LATERAL (
  SELECT * FROM recognition_feed f WHERE f.org_id = page.org_id AND f.position = page.position LIMIT 1
) f
ORDER BY page.occurred_at DESC, page.position DESC
