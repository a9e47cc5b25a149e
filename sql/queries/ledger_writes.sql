-- The second round trip of a lane: what a batch came to, in an order that satisfies the foreign keys; one statement a table,
-- from arrays.

-- name: insert_entries
INSERT INTO entries (org_id, position, entry_id, kind, recorded_at, occurred_at, actor, subject, program_version,
                     key_digest, request_digest, text_digest, hash)
SELECT * FROM unnest($1::integer[], $2::bigint[], $3::uuid[], $4::text[], $5::timestamptz[], $6::timestamptz[],
                     $7::uuid[], $8::uuid[], $9::integer[], $10::bytea[], $11::bytea[], $12::bytea[], $13::bytea[])

-- name: insert_postings
INSERT INTO postings (org_id, position, line, account, owner, amount, balance_after)
SELECT * FROM unnest($1::integer[], $2::bigint[], $3::integer[], $4::text[], $5::uuid[], $6::bigint[], $7::bigint[])

-- Balances as they are after the batch.
-- name: store_accounts
INSERT INTO accounts (org_id, account, owner, balance, period_start, carried)
SELECT * FROM unnest($1::integer[], $2::text[], $3::uuid[], $4::bigint[], $5::date[], $6::bigint[])
ON CONFLICT (org_id, account, owner)
DO UPDATE SET balance = excluded.balance, period_start = excluded.period_start, carried = excluded.carried

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
SELECT * FROM unnest($1::integer[], $2::bigint[], $3::integer[], $4::uuid[])

-- name: store_people
INSERT INTO people (org_id, person_id, handle, name, email, team, department, location, cost_centre, manager_id,
                    roles, time_zone, joined, active, leaderboard_opt_out, allowance_points, left_on, position,
                    team_folded, department_folded, location_folded, search)
SELECT org_id, person_id, handle, name, email, team, department, location, cost_centre, manager_id,
       string_to_array(roles, ' '), time_zone, joined, active, leaderboard_opt_out, allowance_points, left_on, position,
       team_folded, department_folded, location_folded, search
FROM unnest($1::integer[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
            $9::text[], $10::uuid[], $11::text[], $12::text[], $13::date[], $14::boolean[], $15::boolean[], $16::bigint[],
            $17::date[], $18::bigint[], $19::text[], $20::text[], $21::text[], $22::text[])
  AS q (org_id, person_id, handle, name, email, team, department, location, cost_centre, manager_id, roles,
        time_zone, joined, active, leaderboard_opt_out, allowance_points, left_on, position, team_folded,
        department_folded, location_folded, search)
ON CONFLICT (org_id, person_id) DO UPDATE SET
  handle = excluded.handle, name = excluded.name, email = excluded.email, team = excluded.team,
  department = excluded.department, location = excluded.location, cost_centre = excluded.cost_centre,
  manager_id = excluded.manager_id, roles = excluded.roles, time_zone = excluded.time_zone, joined = excluded.joined,
  active = excluded.active, leaderboard_opt_out = excluded.leaderboard_opt_out,
  allowance_points = excluded.allowance_points, left_on = excluded.left_on, position = excluded.position,
  team_folded = excluded.team_folded, department_folded = excluded.department_folded,
  location_folded = excluded.location_folded,
  search = excluded.search

-- Takes what people are called away for the moment, so that they can take each other's names whatever the order: nobody is called
-- like a UUID.
-- name: release_names
UPDATE people p SET handle = p.person_id::text, email = NULL
FROM unnest($1::integer[], $2::uuid[]) AS q (org_id, person_id)
WHERE p.org_id = q.org_id AND p.person_id = q.person_id

-- name: insert_keys
INSERT INTO api_keys (org_id, key_id, digest, person_id, created_at, expires_at, scopes, position, label, source,
                      points_max, points_max_day)
SELECT q.org_id, q.key_id, q.digest, q.person_id, q.created_at, q.expires_at, string_to_array(q.scopes, ' '), q.position,
       q.label, q.source, q.points_max, q.points_max_day
FROM unnest($1::integer[], $2::uuid[], $3::bytea[], $4::uuid[], $5::timestamptz[], $6::timestamptz[], $7::text[],
            $8::bigint[], $9::text[], $10::text[], $11::bigint[], $12::bigint[])
  AS q (org_id, key_id, digest, person_id, created_at, expires_at, scopes, position, label, source, points_max,
        points_max_day)

-- What keys have credited on the last day that they did.
-- name: store_credits
UPDATE api_keys k SET credited_on = q.credited_on, credited_points = q.credited_points
FROM unnest($1::integer[], $2::uuid[], $3::date[], $4::bigint[]) AS q (org_id, key_id, credited_on, credited_points)
WHERE k.org_id = q.org_id AND k.key_id = q.key_id

-- Whoever came back at a position: no key of before works again.
-- name: end_keys
UPDATE api_keys k SET revoked_at = q.ended_at
FROM unnest($1::integer[], $2::uuid[], $3::bigint[], $4::timestamptz[]) AS q (org_id, person_id, position, ended_at)
WHERE k.org_id = q.org_id AND k.person_id = q.person_id AND k.position < q.position AND k.revoked_at IS NULL

-- name: revoke_keys
UPDATE api_keys k SET revoked_at = q.revoked_at
FROM unnest($1::integer[], $2::uuid[], $3::timestamptz[]) AS q (org_id, key_id, revoked_at)
WHERE k.org_id = q.org_id AND k.key_id = q.key_id

-- name: store_profiles
UPDATE organizations o
SET name = q.name, time_zone = q.time_zone, currency_name = q.currency_name, currency_symbol = q.currency_symbol,
    public_url = q.public_url, position = q.position
FROM unnest($1::integer[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[])
  AS q (org_id, name, time_zone, currency_name, currency_symbol, public_url, position)
WHERE o.org_id = q.org_id

-- name: store_values
INSERT INTO recognition_values (org_id, slug, name, description, active, position)
SELECT * FROM unnest($1::integer[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::bigint[])
ON CONFLICT (org_id, slug) DO UPDATE SET
  name = excluded.name, description = excluded.description, active = excluded.active, position = excluded.position

-- name: insert_lot_uses
INSERT INTO lot_uses (org_id, position, line, lot_position, lot_line, amount)
SELECT * FROM unnest($1::integer[], $2::bigint[], $3::integer[], $4::bigint[], $5::integer[], $6::bigint[])

-- name: store_rewards
INSERT INTO rewards (org_id, reward_id, sku, name, description, kind, price_points, cost, currency, is_limited, fulfilment,
                     needs_approval, taxable, active, image_url, position, search)
SELECT * FROM unnest($1::integer[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[],
                     $9::text[], $10::boolean[], $11::text[], $12::boolean[], $13::boolean[], $14::boolean[], $15::text[],
                     $16::bigint[], $17::text[])
ON CONFLICT (org_id, reward_id) DO UPDATE SET
  sku = excluded.sku, name = excluded.name, description = excluded.description, kind = excluded.kind,
  price_points = excluded.price_points, cost = excluded.cost, currency = excluded.currency,
  fulfilment = excluded.fulfilment, needs_approval = excluded.needs_approval, taxable = excluded.taxable,
  active = excluded.active, image_url = excluded.image_url, position = excluded.position, search = excluded.search

-- Particulars are the person's as they are now; a batch changes people before it comes here.
-- name: insert_redemptions
INSERT INTO redemptions (org_id, redemption_id, position, person_id, reward_id, reward_sku, reward_name, quantity, points,
                         unit_cost, currency, taxable, cost_centre, takes_stock, first_state, person_handle,
                         person_name, department, state, state_position)
SELECT q.org_id, q.redemption_id, q.position, q.person_id, q.reward_id, q.reward_sku, q.reward_name, q.quantity, q.points,
       q.unit_cost, q.currency, q.taxable, q.cost_centre, q.takes_stock, q.first_state, p.handle, p.name, p.department,
       q.first_state, q.position
FROM unnest($1::integer[], $2::uuid[], $3::bigint[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::integer[],
            $9::bigint[], $10::bigint[], $11::text[], $12::boolean[], $13::text[], $14::boolean[], $15::text[])
  AS q (org_id, redemption_id, position, person_id, reward_id, reward_sku, reward_name, quantity, points, unit_cost,
        currency, taxable, cost_centre, takes_stock, first_state)
JOIN people p ON p.org_id = q.org_id AND p.person_id = q.person_id

-- name: insert_redemption_sources
INSERT INTO redemption_sources (org_id, position, line, kind, budget_id, name, taxable, points)
SELECT * FROM unnest($1::integer[], $2::bigint[], $3::integer[], $4::text[], $5::uuid[], $6::text[], $7::boolean[], $8::bigint[])

-- The last state of each in the batch; a code once given stays.
-- name: store_redemption_states
UPDATE redemptions r SET state = q.state, state_position = q.position, code = COALESCE(q.code, r.code)
FROM unnest($1::integer[], $2::uuid[], $3::text[], $4::bigint[], $5::text[]) AS q (org_id, redemption_id, state, position, code)
WHERE r.org_id = q.org_id AND r.redemption_id = q.redemption_id

-- name: insert_budgets
INSERT INTO budgets (org_id, budget_id, name, owner, starts_on, ends_on, cost_centre, approval_above, taxable, position)
SELECT * FROM unnest($1::integer[], $2::uuid[], $3::text[], $4::uuid[], $5::date[], $6::date[], $7::text[], $8::bigint[],
                     $9::boolean[], $10::bigint[])

-- Slugs and ids hold no spaces, so one text carries a list of them through unnest.
-- name: insert_awards
INSERT INTO awards (org_id, award_id, position, giver, budget_id, points, "values", recipients, state, state_position)
SELECT org_id, award_id, position, giver, budget_id, points, string_to_array(slugs, ' '),
       string_to_array(recipients, ' ')::uuid[], state, position
FROM unnest($1::integer[], $2::uuid[], $3::bigint[], $4::uuid[], $5::uuid[], $6::bigint[], $7::text[], $8::text[], $9::text[])
  AS q (org_id, award_id, position, giver, budget_id, points, slugs, recipients, state)

-- name: store_award_states
UPDATE awards a SET state = q.state, state_position = q.position
FROM unnest($1::integer[], $2::uuid[], $3::text[], $4::bigint[]) AS q (org_id, award_id, state, position)
WHERE a.org_id = q.org_id AND a.award_id = q.award_id

-- What awards give, or what is taken back of them, on top of what there is.
-- name: store_award_totals
INSERT INTO award_totals AS t (org_id, budget_id, giver, recipient, points)
SELECT * FROM unnest($1::integer[], $2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[])
ON CONFLICT (org_id, budget_id, giver, recipient) DO UPDATE SET points = t.points + excluded.points

-- name: insert_boosts
INSERT INTO boosts (org_id, position, recognition_position, giver, points, occurred_at)
SELECT * FROM unnest($1::integer[], $2::bigint[], $3::bigint[], $4::uuid[], $5::bigint[], $6::timestamptz[])

-- name: insert_earnings
INSERT INTO earnings (org_id, position, source, key_id)
SELECT * FROM unnest($1::integer[], $2::bigint[], $3::text[], $4::uuid[])

-- name: insert_reversals
INSERT INTO reversals (org_id, reversed_position, position)
SELECT * FROM unnest($1::integer[], $2::bigint[], $3::bigint[])

-- Lots that run out $6 months after the day on which they were earned.
-- name: insert_expiring_lots
INSERT INTO expiring_lots (org_id, position, line, person_id, expires_on, remaining)
SELECT q.org_id, q.position, q.line, q.person_id,
       (day_of(q.recorded_at, o.time_zone) + make_interval(months => q.months))::date, q.amount
FROM unnest($1::integer[], $2::bigint[], $3::integer[], $4::uuid[], $5::timestamptz[], $6::integer[], $7::bigint[])
  AS q (org_id, position, line, person_id, recorded_at, months, amount)
JOIN organizations o ON o.org_id = q.org_id

-- What the uses of a batch take from lots that run out, or give back to them.
-- name: use_expiring_lots
UPDATE expiring_lots l SET remaining = l.remaining - q.amount
FROM (
  SELECT org_id, position, line, sum(amount)::bigint AS amount
  FROM unnest($1::integer[], $2::bigint[], $3::integer[], $4::bigint[]) AS u (org_id, position, line, amount)
  GROUP BY org_id, position, line
) q
WHERE l.org_id = q.org_id AND l.position = q.position AND l.line = q.line

-- name: insert_programs
INSERT INTO programs (org_id, version, position, allowance_points, allowance_period, allowance_by_role, max_points,
                      max_recipients, recipient_cap_share, recipient_cap_mode, expiry_months, leaver_grace_days,
                      point_value, currency, private_allowed, givers, free_thanks_a_day, separation_of_duties,
                      private_on_boards)
SELECT org_id, version, position, allowance_points, allowance_period, allowance_by_role::jsonb, max_points, max_recipients,
       share / 10000.0, mode, expiry_months, grace, value / 10000.0, currency, private_allowed, givers, free_thanks_a_day,
       separation_of_duties, private_on_boards
FROM unnest($1::integer[], $2::integer[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::bigint[], $8::integer[],
            $9::integer[], $10::text[], $11::integer[], $12::integer[], $13::bigint[], $14::text[], $15::boolean[], $16::text[],
            $17::integer[], $18::boolean[], $19::boolean[])
  AS q (org_id, version, position, allowance_points, allowance_period, allowance_by_role, max_points, max_recipients, share,
        mode, expiry_months, grace, value, currency, private_allowed, givers, free_thanks_a_day, separation_of_duties,
        private_on_boards)

-- name: store_heads
UPDATE ledger_heads h SET position = q.position, hash = q.hash, recorded_at = q.recorded_at
FROM unnest($1::integer[], $2::bigint[], $3::bytea[], $4::timestamptz[]) AS q (org_id, position, hash, recorded_at)
WHERE h.org_id = q.org_id
