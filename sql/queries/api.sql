-- What the handlers read. Each is one statement: one round trip.

-- Whose key this is, if it works now.
-- name: authenticate
SELECT p.person_id, p.handle, p.name, p.roles, p.active, k.scopes, k.key_id
FROM api_keys k
JOIN people p ON p.org_id = k.org_id AND p.person_id = k.person_id
WHERE k.org_id = $1::integer AND k.digest = $2::bytea AND k.revoked_at IS NULL
  AND (k.expires_at IS NULL OR k.expires_at > now()) AND (p.active OR may_redeem(p.org_id, p.left_on))

-- The whole answer of /v1/me in one round trip, authentication included.
-- name: me
SELECT p.person_id, p.handle, p.name, p.roles, p.email, p.team, p.allowance, p.points, p.held, p.allowance_resets_at,
       p.next_expiry_on, p.next_expiry_points, k.scopes, p.active, m.person_id, m.handle, m.name,
       EXISTS (SELECT FROM people r WHERE r.org_id = k.org_id AND r.manager_id = k.person_id),
       p.organization_slug, p.organization_name, p.organization_time_zone
FROM api_keys k
CROSS JOIN LATERAL (
  SELECT * FROM person_balances p WHERE p.org_id = k.org_id AND p.person_id = k.person_id LIMIT 1
) p
LEFT JOIN LATERAL (
  SELECT m.person_id, m.handle, m.name FROM people m
  WHERE m.org_id = k.org_id AND m.person_id = p.manager_id LIMIT 1
) m ON true
WHERE k.org_id = $1::integer AND k.digest = $2::bytea AND k.revoked_at IS NULL
  AND (k.expires_at IS NULL OR k.expires_at > now()) AND (p.active OR may_redeem(k.org_id, p.left_on))

-- Balances come by the key of each person, which LIMIT 1 keeps so, whatever was known when the statement was planned.

-- Whether a span of time ends before it begins, where one end is a day ($2, $3) and the other one an instant ($4, $5).
-- name: is_span_backwards
SELECT COALESCE(day_start($2::date, o.time_zone), $4::timestamptz) > COALESCE(day_start($3::date + 1, o.time_zone), $5::timestamptz)
FROM organizations o WHERE o.org_id = $1::integer

-- By id, handle or email.
-- name: find_person
SELECT p.person_id FROM people p
WHERE p.org_id = $1::integer
  AND (p.person_id = $2::uuid OR p.handle = lower($3::text COLLATE "C") OR lower(p.email) = lower($3::text COLLATE "C"))

-- name: person
SELECT p.person_id, p.handle, p.name, p.email, p.team, p.department, p.location, p.cost_centre, p.roles, p.time_zone,
       p.joined, p.leaderboard_opt_out, p.active, m.person_id, m.handle, m.name, b.allowance, b.points, b.held, p.position,
       p.allowance_points, b.next_expiry_on, b.next_expiry_points
FROM people p
LEFT JOIN people m ON m.org_id = p.org_id AND m.person_id = p.manager_id
CROSS JOIN LATERAL (
  SELECT * FROM person_balances b WHERE b.org_id = p.org_id AND b.person_id = p.person_id LIMIT 1
) b
WHERE p.org_id = $1::integer AND p.person_id = $2::uuid

-- Of whom the entry at $2 made, with the roles $3: the manager whom it names, and the allowance by the rules that decided it;
-- nobody reports to them yet.
-- name: new_person
SELECT m.person_id, m.handle, m.name,
       COALESCE(group_allowance(g.allowance_by_role, $3::text[], false), g.allowance_points)
FROM entries e
JOIN programs g ON g.org_id = e.org_id AND g.version = e.program_version
LEFT JOIN entry_texts t ON t.org_id = e.org_id AND t.position = e.position
LEFT JOIN people m ON m.org_id = e.org_id AND m.person_id = (regexp_match(
  t.text, E'\nmanager\t([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\n'))[1]::uuid
WHERE e.org_id = $1::integer AND e.position = $2::bigint

-- A page of the directory is found first, by what chooses it alone, and only its rows are then read in full: in whatever order the
-- planner looks for them, what a row costs is paid for a page of them.

-- Whom a page shows after the handle $2, $4 of them: everybody, or ($3) those who are here. OFFSET 0 keeps it to the order of
-- handles, in which it stops as soon as the page is full.
-- name: people_in_order
SELECT p.person_id FROM (
  SELECT person_id, active FROM people WHERE org_id = $1::integer AND handle > $2::text COLLATE "C" ORDER BY handle OFFSET 0
) p
WHERE NOT $3::boolean OR p.active
LIMIT $4::integer

-- The same of those whom all patterns $3 find. Filters that are NULL do not filter; the names of parts are folded.
-- name: people_found
SELECT p.person_id FROM people p
WHERE p.org_id = $1::integer AND p.handle > $2::text COLLATE "C"
  AND p.search LIKE ALL ($3::text[])
  AND ($4::text IS NULL OR p.team_folded = $4::text)
  AND ($5::text IS NULL OR p.department_folded = $5::text)
  AND ($6::text IS NULL OR p.location_folded = $6::text)
  AND ($7::uuid IS NULL OR p.manager_id = $7::uuid)
  AND ($8::boolean IS NULL OR p.active = $8::boolean)
ORDER BY p.handle
LIMIT $9::integer

-- The people $2, in their order. Balances are those of $3, or of everybody ($4); they cost more than all the rest of a row.
-- name: people
SELECT p.person_id, p.handle, p.name, p.email, p.team, p.department, p.location, p.cost_centre, p.roles, p.time_zone,
       p.joined, p.leaderboard_opt_out, p.active, m.person_id, m.handle, m.name, b.allowance, b.points, b.held, p.position,
       p.allowance_points, b.next_expiry_on, b.next_expiry_points
FROM unnest($2::uuid[]) WITH ORDINALITY AS page (person_id, place)
CROSS JOIN LATERAL (SELECT * FROM people p WHERE p.org_id = $1::integer AND p.person_id = page.person_id LIMIT 1) p
LEFT JOIN LATERAL (
  SELECT m.person_id, m.handle, m.name FROM people m
  WHERE m.org_id = p.org_id AND m.person_id = p.manager_id LIMIT 1
) m ON true
LEFT JOIN LATERAL (
  SELECT * FROM person_balances b
  WHERE b.org_id = p.org_id AND b.person_id = p.person_id AND ($4::boolean OR p.person_id = $3::uuid) LIMIT 1
) b ON true
ORDER BY page.place

-- The names of teams, departments or locations (as $2 says), and which of them is $3, folded: it, if there is one, and some others.
-- name: part_names
SELECT min(x.name), x.folded = $3::text AS is_asked
FROM people p
CROSS JOIN LATERAL (
  SELECT CASE $2::text WHEN 'team' THEN p.team WHEN 'department' THEN p.department ELSE p.location END AS name,
         CASE $2::text WHEN 'team' THEN p.team_folded WHEN 'department' THEN p.department_folded ELSE p.location_folded END AS folded
) x
WHERE p.org_id = $1::integer AND x.name IS NOT NULL
GROUP BY x.folded
ORDER BY is_asked DESC, x.folded
LIMIT 500

-- name: values
SELECT slug, name, description, active, position FROM recognition_values
WHERE org_id = $1::integer AND slug > $2::text COLLATE "C"
ORDER BY slug
LIMIT $3::integer

-- name: head_position
SELECT position FROM ledger_heads WHERE org_id = $1::integer

-- The ledger lines of person $2, newest first, before line $4 of the entry at $3; bounds as in the feed, by recorded_at.
-- $9: whether the reader may see the words of private recognitions.
-- name: statement
SELECT x.position, x.line, e.recorded_at, e.kind, x.account, x.amount, x.balance_after,
       CASE WHEN r.visibility = 'private' AND NOT $9::boolean THEN NULL ELSE t.text END,
       CASE WHEN e.kind IN ('recognition', 'earning') THEN e.entry_id
            WHEN e.kind IN ('allowance_reset', 'allowance_topped_up', 'points_expired', 'adjustment') THEN NULL ELSE e.subject END,
       CASE WHEN e.kind = 'reversal' THEN (
              SELECT CASE WHEN o.kind LIKE 'award%' THEN 'award' ELSE o.kind END FROM reversals v
              JOIN entries o ON o.org_id = v.org_id AND o.position = v.reversed_position
              WHERE v.org_id = e.org_id AND v.position = e.position ORDER BY v.reversed_position LIMIT 1)
            WHEN e.kind = 'boost' THEN 'recognition' ELSE split_part(e.kind, '_', 1) END
FROM organizations o
CROSS JOIN LATERAL (
  SELECT COALESCE(day_start($5::date, o.time_zone), $7::timestamptz, '-infinity') AS since,
         COALESCE(day_start($6::date + 1, o.time_zone), $8::timestamptz, 'infinity') AS until
) bounds
JOIN postings x ON x.org_id = o.org_id AND x.owner = $2::uuid AND x.account IN ('allowance', 'points', 'held')
JOIN entries e ON e.org_id = x.org_id AND e.position = x.position
-- What says why: an award has its words from when it was asked for, and who adds or takes back adds no words.
CROSS JOIN LATERAL (
  SELECT COALESCE(
    CASE WHEN e.kind IN ('award_approved', 'reversal')
      THEN (SELECT a.position FROM awards a WHERE a.org_id = e.org_id AND a.award_id = e.subject) END,
    CASE e.kind
      WHEN 'reversal' THEN (SELECT min(v.reversed_position) FROM reversals v WHERE v.org_id = e.org_id AND v.position = e.position)
      WHEN 'boost' THEN (SELECT b.recognition_position FROM boosts b WHERE b.org_id = e.org_id AND b.position = e.position) END,
    e.position) AS position
) words
LEFT JOIN entry_texts t ON t.org_id = x.org_id AND t.position = words.position
LEFT JOIN recognitions r ON r.org_id = x.org_id AND r.position = words.position
WHERE o.org_id = $1::integer AND (x.position, x.line) < ($3::bigint, $4::integer)
  AND e.recorded_at >= bounds.since AND e.recorded_at < bounds.until
ORDER BY x.position DESC, x.line DESC
LIMIT $10::integer

-- name: value
SELECT slug, name, description, active, position FROM recognition_values
WHERE org_id = $1::integer AND slug = $2::text COLLATE "C"

-- Somebody as the ledger takes them, and the position that last changed them.
-- name: editable_person
SELECT person_id, handle, name, email, team, department, location, cost_centre, manager_id, roles, time_zone, joined,
       active, leaderboard_opt_out, allowance_points, left_on, position
FROM people WHERE org_id = $1::integer AND person_id = $2::uuid

-- name: key
SELECT k.key_id, p.person_id, p.handle, p.name, k.created_at, k.expires_at, k.scopes, k.label, k.source,
       k.points_max, k.points_max_day
FROM api_keys k
JOIN people p ON p.org_id = k.org_id AND p.person_id = k.person_id
WHERE k.org_id = $1::integer AND k.key_id = $2::uuid

-- Somebody's keys that are not revoked, after $3: in the order of their making, for their ids are of version 7.
-- name: keys
SELECT k.key_id, p.person_id, p.handle, p.name, k.created_at, k.expires_at, k.scopes, k.label, k.source,
       k.points_max, k.points_max_day
FROM api_keys k
JOIN people p ON p.org_id = k.org_id AND p.person_id = k.person_id
WHERE k.org_id = $1::integer AND k.person_id = $2::uuid AND k.revoked_at IS NULL
  AND ($3::uuid IS NULL OR k.key_id > $3::uuid)
ORDER BY k.key_id
LIMIT $4::integer
