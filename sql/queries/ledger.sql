-- What a lane of the LedgerWriter sends. Two round trips a batch: begin, lock_heads and the loads; then the inserts,
-- store_heads and commit. READ COMMITTED, so that the loads see what the previous holder of the lock committed.

-- name: begin
BEGIN ISOLATION LEVEL READ COMMITTED

-- name: commit
COMMIT

-- The only lock there is, taken in the order of org_id by everyone.
-- name: lock_heads
SELECT org_id FROM ledger_heads WHERE org_id = ANY ($1::integer[]) ORDER BY org_id FOR UPDATE

-- Heads, rules, the clock after the lock, and the allowance period it falls in.
-- name: load_books
WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now)
SELECT h.org_id, o.organization_id, h.position, h.hash, h.recorded_at, clock.now,
       p.version, p.allowance_points, p.allowance_by_role::text, p.max_points, p.max_recipients, p.private_allowed,
       date_trunc(p.allowance_period, GREATEST(clock.now, h.recorded_at) AT TIME ZONE o.time_zone)::date,
       COALESCE(issued.balance, 0)
FROM clock
CROSS JOIN ledger_heads h
JOIN organizations o USING (org_id)
CROSS JOIN LATERAL (SELECT * FROM programs p WHERE p.org_id = h.org_id ORDER BY p.version DESC LIMIT 1) p
LEFT JOIN accounts issued ON issued.org_id = h.org_id AND issued.account = 'issued'
WHERE h.org_id = ANY ($1::integer[])

-- Whoever is named by id, handle or email (in lower case), with balances.
-- name: load_people
WITH wanted AS (
  SELECT org_id, person_id FROM unnest($1::integer[], $2::uuid[]) AS q (org_id, person_id)
  UNION
  SELECT p.org_id, p.person_id FROM unnest($3::integer[], $4::text[]) AS q (org_id, handle)
  JOIN people p ON p.org_id = q.org_id AND p.handle = q.handle COLLATE "C"
  UNION
  SELECT p.org_id, p.person_id FROM unnest($5::integer[], $6::text[]) AS q (org_id, email)
  JOIN people p ON p.org_id = q.org_id AND lower(p.email) = q.email COLLATE "C"
)
SELECT p.org_id, p.person_id, p.handle, p.name, p.email, p.team, p.department, p.location, p.cost_centre,
       p.manager_id, p.roles, p.time_zone, p.joined, p.active,
       allowance.balance, allowance.period_start, points.balance
FROM wanted
JOIN people p USING (org_id, person_id)
LEFT JOIN accounts allowance
  ON allowance.org_id = p.org_id AND allowance.account = 'allowance' AND allowance.owner = p.person_id
LEFT JOIN accounts points ON points.org_id = p.org_id AND points.account = 'points' AND points.owner = p.person_id

-- name: load_values
SELECT org_id, slug, name, description, active FROM recognition_values WHERE org_id = ANY ($1::integer[])

-- Effects that keys already had.
-- name: load_effects
SELECT e.org_id, e.actor, e.key_digest, e.position, e.entry_id, e.request_digest
FROM unnest($1::integer[], $2::uuid[], $3::bytea[]) AS q (org_id, actor, key_digest)
JOIN entries e ON e.org_id = q.org_id AND e.actor = q.actor AND e.key_digest = q.key_digest

-- Which of these operations are in the log: asked under the head lock when the outcome of a COMMIT is unknown.
-- name: find_entries
SELECT e.org_id, e.entry_id
FROM unnest($1::integer[], $2::uuid[]) AS q (org_id, entry_id)
JOIN entries e ON e.org_id = q.org_id AND e.entry_id = q.entry_id

-- name: insert_entries
INSERT INTO entries (org_id, position, entry_id, kind, recorded_at, occurred_at, actor, subject, program_version,
                     key_digest, request_digest, text_digest, hash)
SELECT * FROM unnest($1::integer[], $2::bigint[], $3::uuid[], $4::text[], $5::timestamptz[], $6::timestamptz[],
                     $7::uuid[], $8::uuid[], $9::integer[], $10::bytea[], $11::bytea[], $12::bytea[], $13::bytea[])

-- name: insert_postings
INSERT INTO postings (org_id, position, line, account, owner, amount, balance_after)
SELECT * FROM unnest($1::integer[], $2::bigint[], $3::smallint[], $4::text[], $5::uuid[], $6::bigint[], $7::bigint[])

-- Balances as they are after the batch.
-- name: store_accounts
INSERT INTO accounts (org_id, account, owner, balance, period_start)
SELECT * FROM unnest($1::integer[], $2::text[], $3::uuid[], $4::bigint[], $5::date[])
ON CONFLICT (org_id, account, owner)
DO UPDATE SET balance = excluded.balance, period_start = excluded.period_start

-- name: insert_texts
INSERT INTO entry_texts (org_id, position, salt, text)
SELECT * FROM unnest($1::integer[], $2::bigint[], $3::bytea[], $4::text[])

-- Slugs hold no spaces, so one text carries a list of them through unnest.
-- name: insert_recognitions
INSERT INTO recognitions (org_id, position, giver, points, visibility, "values", occurred_at)
SELECT org_id, position, giver, points, visibility, string_to_array(slugs, ' '), occurred_at
FROM unnest($1::integer[], $2::bigint[], $3::uuid[], $4::bigint[], $5::text[], $6::text[], $7::timestamptz[])
  AS q (org_id, position, giver, points, visibility, slugs, occurred_at)

-- name: insert_recipients
INSERT INTO recognition_recipients (org_id, position, line, person_id)
SELECT * FROM unnest($1::integer[], $2::bigint[], $3::smallint[], $4::uuid[])

-- name: store_people
INSERT INTO people (org_id, person_id, handle, name, email, team, department, location, cost_centre, manager_id,
                    roles, time_zone, joined, active, position)
SELECT org_id, person_id, handle, name, email, team, department, location, cost_centre, manager_id,
       string_to_array(roles, ' '), time_zone, joined, active, position
FROM unnest($1::integer[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
            $9::text[], $10::uuid[], $11::text[], $12::text[], $13::date[], $14::boolean[], $15::bigint[])
  AS q (org_id, person_id, handle, name, email, team, department, location, cost_centre, manager_id, roles,
        time_zone, joined, active, position)
ON CONFLICT (org_id, person_id) DO UPDATE SET
  handle = excluded.handle, name = excluded.name, email = excluded.email, team = excluded.team,
  department = excluded.department, location = excluded.location, cost_centre = excluded.cost_centre,
  manager_id = excluded.manager_id, roles = excluded.roles, time_zone = excluded.time_zone, joined = excluded.joined,
  active = excluded.active, position = excluded.position

-- name: insert_keys
INSERT INTO api_keys (org_id, key_id, digest, person_id, created_at, expires_at)
SELECT * FROM unnest($1::integer[], $2::uuid[], $3::bytea[], $4::uuid[], $5::timestamptz[], $6::timestamptz[])

-- name: insert_values
INSERT INTO recognition_values (org_id, slug, name, description, active, position)
SELECT * FROM unnest($1::integer[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::bigint[])

-- name: store_heads
UPDATE ledger_heads h SET position = q.position, hash = q.hash, recorded_at = q.recorded_at
FROM unnest($1::integer[], $2::bigint[], $3::bytea[], $4::timestamptz[]) AS q (org_id, position, hash, recorded_at)
WHERE h.org_id = q.org_id
