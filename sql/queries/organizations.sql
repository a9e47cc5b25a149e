-- Founding an organisation: one transaction, before its first entry.

-- name: insert_organization
INSERT INTO organizations (organization_id, slug, name, time_zone, created_at)
SELECT $1::uuid, $2::text, $3::text, $4::text, clock_timestamp()
RETURNING org_id, created_at, day_of(created_at, time_zone), date_trunc('week', day_of(created_at, time_zone)::timestamp)::date,
          date_trunc('month', day_of(created_at, time_zone)::timestamp)::date,
          date_trunc('quarter', day_of(created_at, time_zone)::timestamp)::date,
          COALESCE(current_setting('laurel.accept_clock', true), '') = 'on'

-- name: insert_head
INSERT INTO ledger_heads (org_id, position, hash, recorded_at)
SELECT $1::integer, 0, decode(repeat('00', 32), 'hex'), $2::timestamptz

-- name: insert_program
INSERT INTO programs (org_id, version, position, allowance_points, allowance_period, allowance_by_role, max_points,
                      max_recipients, recipient_cap_share, recipient_cap_mode, expiry_months, leaver_grace_days,
                      point_value, currency, private_allowed)
VALUES ($1::integer, 1, 1, $2::bigint, 'month', '{}', 100, 100, 0.5, 'warn', NULL, 30, 0.10, 'EUR', true)

-- What it is called, the currency of its present rules, the zone that counts now and the one that is to come.
-- name: organization
SELECT o.slug, o.name, o.time_zone, o.currency_name, o.currency_symbol, o.public_url, o.position, g.currency,
       zone_at(GREATEST(now(), h.recorded_at), o.time_zone), coming.zone, coming.first_day
FROM organizations o
JOIN ledger_heads h ON h.org_id = o.org_id
CROSS JOIN LATERAL next_zone(GREATEST(now(), h.recorded_at), o.time_zone) coming
CROSS JOIN LATERAL (
  SELECT g.currency FROM programs g WHERE g.org_id = o.org_id ORDER BY g.version DESC LIMIT 1
) g
WHERE o.org_id = $1::integer

-- name: find_organization
SELECT org_id, organization_id, time_zone FROM organizations WHERE slug = $1::text

-- name: list_organizations
SELECT org_id, organization_id, slug FROM organizations ORDER BY org_id

-- Those of regions alone: the others mean something else on each machine, or count leap seconds; and where a name is an abbreviation,
-- too (CET, EST), PostgreSQL takes that: an offset which no summer changes, and not what was meant.
-- name: known_time_zone
SELECT EXISTS (
    SELECT FROM pg_timezone_names
    WHERE name = $1::text AND name !~ '^(posix|right)/' AND name NOT IN ('Factory', 'localtime', 'posixrules'))
  AND ($1::text IN ('UTC', 'GMT') OR NOT EXISTS (SELECT FROM pg_timezone_abbrevs WHERE abbrev = upper($1::text)))

-- name: all_people
SELECT person_id, handle, name, email, team, department, location, cost_centre, manager_id, roles, time_zone, joined,
       active, leaderboard_opt_out, allowance_points, left_on
FROM people WHERE org_id = $1::integer

-- Of everybody, the next $3 after the id $2.
-- name: people_page
SELECT person_id, handle, name, email, team, department, location, cost_centre, manager_id, roles, time_zone, joined,
       active, leaderboard_opt_out, allowance_points, left_on
FROM people WHERE org_id = $1::integer AND person_id > $2::uuid
ORDER BY person_id LIMIT $3::bigint

-- Whether somebody came or was changed after the position $2.
-- name: people_changed
SELECT EXISTS (
  SELECT FROM entries
  WHERE org_id = $1::integer AND position > $2::bigint AND kind IN ('person_created', 'person_changed'))

-- Whoever is active and has no key that still works.
-- name: people_without_key
SELECT p.person_id, p.handle FROM people p
WHERE p.org_id = $1::integer AND p.active AND NOT EXISTS (
  SELECT FROM api_keys k
  WHERE k.org_id = p.org_id AND k.person_id = p.person_id AND k.revoked_at IS NULL
    AND (k.expires_at IS NULL OR k.expires_at > now()))
ORDER BY p.handle

-- name: cursor_secret
SELECT cursor_secret FROM installation

-- Drawn once, by whoever comes first.
-- name: insert_installation
INSERT INTO installation (cursor_secret) VALUES ($1::bytea) ON CONFLICT DO NOTHING

-- name: organization_by_number
SELECT organization_id, slug, time_zone FROM organizations WHERE org_id = $1::integer

-- The first instant of the present month, by the organisation's clocks.
-- name: month_start
SELECT day_start(date_trunc('month', day_of(now(), time_zone)::timestamp)::date, time_zone)
FROM organizations WHERE org_id = $1::integer

-- name: clock
SELECT clock_timestamp()

-- Whether whoever asks could migrate: as the schema's owner, or as one who may make it where it is not there yet.
-- name: may_migrate
SELECT COALESCE((SELECT pg_has_role(current_user, n.nspowner, 'USAGE') FROM pg_namespace n WHERE n.nspname = 'laurel'),
                has_database_privilege(current_database(), 'CREATE'))

-- name: current_user
SELECT current_user::text

-- What was recorded under keys of imports, whoever gave it.
-- name: imported_keys
SELECT e.key_digest, e.actor, e.request_digest
FROM unnest($2::bytea[]) AS q (key_digest)
JOIN entries e ON e.org_id = $1::integer AND e.key_digest = q.key_digest
