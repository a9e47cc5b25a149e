-- What a lane of the LedgerWriter sends. Two round trips a batch: begin, lock_heads and the loads; then the inserts of
-- ledger_writes.sql, store_heads and commit. READ COMMITTED, so that the loads see what the previous holder of the lock committed.
-- A dry run sends the loads alone, on one snapshot and without the lock.

-- name: begin
BEGIN ISOLATION LEVEL READ COMMITTED

-- name: begin_snapshot
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY

-- name: commit
COMMIT

-- How many milliseconds a lock and a statement may take from here on, until the transaction ends.
-- name: bound_waits
SELECT set_config('lock_timeout', $1::text, true), set_config('statement_timeout', $2::text, true)

-- The only lock there is, taken in the order of org_id by everyone.
-- name: lock_heads
SELECT org_id FROM ledger_heads WHERE org_id = ANY ($1::integer[]) ORDER BY org_id FOR UPDATE

-- Heads, rules, the clock after the lock, and the allowance period it falls in. The transaction remembers the clock, so that
-- nothing else in it sees another day.
-- name: load_books
WITH clock AS MATERIALIZED (SELECT set_config('laurel.now', clock_timestamp()::text, true)::timestamptz AS now)
SELECT h.org_id, o.organization_id, h.position, h.hash, h.recorded_at, clock.now,
       p.version, p.allowance_points, p.allowance_period, p.allowance_by_role::text, p.max_points, p.max_recipients,
       (p.recipient_cap_share * 10000)::integer, p.recipient_cap_mode, p.expiry_months, p.leaver_grace_days,
       (p.point_value * 10000)::bigint, p.currency, p.private_allowed, p.givers, p.free_thanks_a_day,
       p.separation_of_duties, p.private_on_boards,
       local.day, date_trunc('week', local.day::timestamp)::date, date_trunc('month', local.day::timestamp)::date,
       date_trunc('quarter', local.day::timestamp)::date, COALESCE(issued.balance, 0), COALESCE(redeemed.balance, 0),
       COALESCE(expired.balance, 0), COALESCE(adjusted.balance, 0),
       COALESCE(current_setting('laurel.accept_clock', true), '') = 'on'
FROM clock
CROSS JOIN ledger_heads h
JOIN organizations o USING (org_id)
CROSS JOIN LATERAL (SELECT day_of(GREATEST(clock.now, h.recorded_at), o.time_zone) AS day OFFSET 0) local
CROSS JOIN LATERAL (SELECT * FROM programs p WHERE p.org_id = h.org_id ORDER BY p.version DESC LIMIT 1) p
LEFT JOIN accounts issued ON issued.org_id = h.org_id AND issued.account = 'issued'
LEFT JOIN accounts redeemed ON redeemed.org_id = h.org_id AND redeemed.account = 'redeemed'
LEFT JOIN accounts expired ON expired.org_id = h.org_id AND expired.account = 'expired'
LEFT JOIN accounts adjusted ON adjusted.org_id = h.org_id AND adjusted.account = 'adjusted'
WHERE h.org_id = ANY ($1::integer[])

-- Whoever is named by id, handle or email (in lower case), or concerned by a redemption ($7, $8), an award ($9, $10), or a
-- recognition with its boosts or an earning ($11, $12), with balances; and, where the programme asks who is a manager ($13: whatever
-- it asks now), how many report to them, counted no further than one batch could take away. LIMIT 1 keeps their look-ups by the whole key, whatever the planner knows of a new table.
-- name: load_people
WITH wanted AS (
  SELECT org_id, person_id FROM unnest($1::integer[], $2::uuid[]) AS q (org_id, person_id)
  UNION
  SELECT p.org_id, p.person_id FROM unnest($3::integer[], $4::text[]) AS q (org_id, handle)
  JOIN people p ON p.org_id = q.org_id AND p.handle = q.handle COLLATE "C"
  UNION
  SELECT p.org_id, p.person_id FROM unnest($5::integer[], $6::text[]) AS q (org_id, email)
  JOIN people p ON p.org_id = q.org_id AND lower(p.email) = q.email COLLATE "C"
  UNION
  SELECT r.org_id, r.person_id FROM unnest($7::integer[], $8::uuid[]) AS q (org_id, redemption_id)
  JOIN redemptions r ON r.org_id = q.org_id AND r.redemption_id = q.redemption_id
  UNION
  SELECT a.org_id, unnest(a.recipients) FROM unnest($9::integer[], $10::uuid[]) AS q (org_id, award_id)
  JOIN awards a ON a.org_id = q.org_id AND a.award_id = q.award_id
  UNION
  SELECT e.org_id, concerned.person_id FROM unnest($11::integer[], $12::uuid[]) AS q (org_id, entry_id)
  JOIN entries e ON e.org_id = q.org_id AND e.entry_id = q.entry_id
  CROSS JOIN LATERAL (
    SELECT e.actor AS person_id
    UNION ALL
    SELECT x.person_id FROM recognition_recipients x WHERE x.org_id = e.org_id AND x.position = e.position
    UNION ALL
    SELECT b.giver FROM boosts b WHERE b.org_id = e.org_id AND b.recognition_position = e.position
    UNION ALL
    SELECT x.owner FROM postings x WHERE x.org_id = e.org_id AND x.position = e.position AND x.account = 'points'
  ) concerned
)
SELECT p.org_id, p.person_id, p.handle, p.name, p.email, p.team, p.department, p.location, p.cost_centre,
       p.manager_id, p.roles, p.time_zone, p.joined, p.active, p.leaderboard_opt_out,
       p.allowance_points, p.left_on, p.position, allowance.balance, allowance.period_start, allowance.carried,
       points.balance, held.balance,
       CASE WHEN $13::boolean OR (
         SELECT g.givers = 'managers' OR g.allowance_by_role ? 'manager' FROM programs g
         WHERE g.org_id = p.org_id ORDER BY g.version DESC LIMIT 1)
       THEN (SELECT count(*) FROM (SELECT FROM people r WHERE r.org_id = p.org_id AND r.manager_id = p.person_id LIMIT 1000) r) END
FROM wanted
JOIN people p USING (org_id, person_id)
LEFT JOIN LATERAL (
  SELECT balance, period_start, carried FROM accounts a
  WHERE a.org_id = p.org_id AND a.account = 'allowance' AND a.owner = p.person_id LIMIT 1
) allowance ON true
LEFT JOIN LATERAL (
  SELECT balance FROM accounts a WHERE a.org_id = p.org_id AND a.account = 'points' AND a.owner = p.person_id LIMIT 1
) points ON true
LEFT JOIN LATERAL (
  SELECT balance FROM accounts a WHERE a.org_id = p.org_id AND a.account = 'held' AND a.owner = p.person_id LIMIT 1
) held ON true

-- name: load_profiles
SELECT o.org_id, o.slug, o.name, o.time_zone, o.currency_name, o.currency_symbol, o.public_url, o.position
FROM organizations o WHERE o.org_id = ANY ($1::integer[])

-- What an organisation's calendar becomes by a zone that somebody wants.
-- name: load_calendars
SELECT q.org_id, q.zone,
       calendar_with(q.zone, o.time_zone, GREATEST(current_setting('laurel.now')::timestamptz, h.recorded_at))
FROM (SELECT DISTINCT org_id, zone FROM unnest($1::integer[], $2::text[]) AS q (org_id, zone)) q
JOIN organizations o ON o.org_id = q.org_id
JOIN ledger_heads h ON h.org_id = q.org_id

-- Whoever can administer now, where somebody may stop being able to.
-- name: load_admins
SELECT p.org_id, p.person_id FROM people p WHERE p.org_id = ANY ($1::integer[]) AND p.active AND 'admin' = ANY (p.roles)

-- Everybody above the people named by id, handle or email (in lower case), and above the recipients of awards ($7, $8).
-- name: load_managers
WITH RECURSIVE chain AS (
  SELECT p.org_id, p.manager_id FROM unnest($1::integer[], $2::uuid[]) AS q (org_id, person_id)
  JOIN people p ON p.org_id = q.org_id AND p.person_id = q.person_id
  UNION
  SELECT p.org_id, p.manager_id FROM unnest($3::integer[], $4::text[]) AS q (org_id, handle)
  JOIN people p ON p.org_id = q.org_id AND p.handle = q.handle COLLATE "C"
  UNION
  SELECT p.org_id, p.manager_id FROM unnest($5::integer[], $6::text[]) AS q (org_id, email)
  JOIN people p ON p.org_id = q.org_id AND lower(p.email) = q.email COLLATE "C"
  UNION
  SELECT p.org_id, p.manager_id FROM unnest($7::integer[], $8::uuid[]) AS q (org_id, award_id)
  JOIN awards a ON a.org_id = q.org_id AND a.award_id = q.award_id
  JOIN people p ON p.org_id = a.org_id AND p.person_id = ANY (a.recipients)
  UNION
  SELECT p.org_id, p.manager_id FROM chain c JOIN people p ON p.org_id = c.org_id AND p.person_id = c.manager_id
)
SELECT p.org_id, p.person_id, p.handle, p.name, p.email, p.team, p.department, p.location, p.cost_centre,
       p.manager_id, p.roles, p.time_zone, p.joined, p.active, p.leaderboard_opt_out,
       p.allowance_points, p.left_on, p.position, allowance.balance, allowance.period_start, allowance.carried,
       points.balance, held.balance, NULL::bigint
FROM (SELECT DISTINCT org_id, manager_id FROM chain) c
JOIN people p ON p.org_id = c.org_id AND p.person_id = c.manager_id
LEFT JOIN LATERAL (
  SELECT balance, period_start, carried FROM accounts a
  WHERE a.org_id = p.org_id AND a.account = 'allowance' AND a.owner = p.person_id LIMIT 1
) allowance ON true
LEFT JOIN LATERAL (
  SELECT balance FROM accounts a WHERE a.org_id = p.org_id AND a.account = 'points' AND a.owner = p.person_id LIMIT 1
) points ON true
LEFT JOIN LATERAL (
  SELECT balance FROM accounts a WHERE a.org_id = p.org_id AND a.account = 'held' AND a.owner = p.person_id LIMIT 1
) held ON true

-- Rewards by id, by SKU, or of redemptions ($5, $6), with their stock.
-- name: load_rewards
WITH wanted AS (
  SELECT org_id, reward_id FROM unnest($1::integer[], $2::uuid[]) AS q (org_id, reward_id)
  UNION
  SELECT r.org_id, r.reward_id FROM unnest($3::integer[], $4::text[]) AS q (org_id, sku)
  JOIN rewards r ON r.org_id = q.org_id AND r.sku = q.sku COLLATE "C"
  UNION
  SELECT r.org_id, r.reward_id FROM unnest($5::integer[], $6::uuid[]) AS q (org_id, redemption_id)
  JOIN redemptions r ON r.org_id = q.org_id AND r.redemption_id = q.redemption_id
)
SELECT r.org_id, r.reward_id, r.sku, r.name, r.description, r.kind, r.price_points, r.cost, r.currency, r.is_limited,
       r.fulfilment, r.needs_approval, r.taxable, r.active, r.image_url, r.position, stock.balance, supply.balance
FROM wanted
JOIN rewards r USING (org_id, reward_id)
LEFT JOIN accounts stock ON stock.org_id = r.org_id AND stock.account = 'stock' AND stock.owner = r.reward_id
LEFT JOIN accounts supply ON supply.org_id = r.org_id AND supply.account = 'supply' AND supply.owner = r.reward_id

-- name: load_redemptions
SELECT r.org_id, r.redemption_id, r.position, r.person_id, r.reward_id, r.reward_sku, r.reward_name, r.quantity, r.points,
       r.unit_cost, r.currency, r.taxable, r.cost_centre, r.takes_stock, r.first_state,
       sources.kinds, sources.budgets, sources.names, sources.taxable, sources.points, r.state,
       uses.positions, uses.lines, uses.amounts
FROM unnest($1::integer[], $2::uuid[]) AS q (org_id, redemption_id)
JOIN redemptions r ON r.org_id = q.org_id AND r.redemption_id = q.redemption_id
CROSS JOIN LATERAL (
  SELECT array_agg(x.kind ORDER BY x.line) AS kinds,
         array_agg(COALESCE(x.budget_id, '00000000-0000-0000-0000-000000000000') ORDER BY x.line) AS budgets,
         array_agg(COALESCE(x.name, '') ORDER BY x.line) AS names, array_agg(x.taxable::integer::bigint ORDER BY x.line) AS taxable,
         array_agg(x.points ORDER BY x.line) AS points
  FROM redemption_sources x WHERE x.org_id = r.org_id AND x.position = r.position
) sources
CROSS JOIN LATERAL (
  SELECT array_agg(u.lot_position ORDER BY u.line) AS positions, array_agg(u.lot_line::bigint ORDER BY u.line) AS lines,
         array_agg(u.amount ORDER BY u.line) AS amounts
  FROM lot_uses u WHERE u.org_id = r.org_id AND u.position = r.position
) uses

-- The lots of whoever may spend, the oldest first, with what is left of each: people by id, handle or email (in lower case),
-- and those whom an award ($7, $8), a recognition or an earning ($9, $10) gave points that may be taken back. Somebody without
-- lots comes with nulls. Also lots with nothing left that redemptions of the same batch ($11, $12) may give back to.
-- Everything is spent oldest first but by reversals, so nothing is left before what somebody's last spending took from, save what
-- was given back since: lots are looked at from there on, not from the first.
-- name: load_lots
WITH given_back AS (
  SELECT u.org_id, u.lot_position, u.lot_line FROM unnest($11::integer[], $12::uuid[]) AS q (org_id, redemption_id)
  JOIN redemptions r ON r.org_id = q.org_id AND r.redemption_id = q.redemption_id
  JOIN lot_uses u ON u.org_id = r.org_id AND u.position = r.position
), wanted AS (
  SELECT org_id, person_id FROM unnest($1::integer[], $2::uuid[]) AS q (org_id, person_id)
  UNION
  SELECT p.org_id, p.person_id FROM unnest($3::integer[], $4::text[]) AS q (org_id, handle)
  JOIN people p ON p.org_id = q.org_id AND p.handle = q.handle COLLATE "C"
  UNION
  SELECT p.org_id, p.person_id FROM unnest($5::integer[], $6::text[]) AS q (org_id, email)
  JOIN people p ON p.org_id = q.org_id AND lower(p.email) = q.email COLLATE "C"
  UNION
  SELECT a.org_id, unnest(a.recipients) FROM unnest($7::integer[], $8::uuid[]) AS q (org_id, award_id)
  JOIN awards a ON a.org_id = q.org_id AND a.award_id = q.award_id
  UNION
  SELECT e.org_id, x.owner FROM unnest($9::integer[], $10::uuid[]) AS q (org_id, entry_id)
  JOIN entries e ON e.org_id = q.org_id AND e.entry_id = q.entry_id
  JOIN postings x ON x.org_id = e.org_id AND x.position = e.position AND x.account = 'points'
  UNION
  SELECT e.org_id, x.person_id FROM unnest($9::integer[], $10::uuid[]) AS q (org_id, entry_id)
  JOIN entries e ON e.org_id = q.org_id AND e.entry_id = q.entry_id
  JOIN recognition_recipients x ON x.org_id = e.org_id AND x.position = e.position
)
SELECT w.org_id, w.person_id, l.position, l.line, l.remaining, l.source, l.budget_id, l.name, l.taxable, l.expires_on
FROM wanted w
LEFT JOIN LATERAL (
  SELECT LEAST(
    (SELECT min(u.lot_position) FROM lot_uses u WHERE u.org_id = w.org_id AND u.position = spent.position),
    (SELECT min(u.lot_position) FROM postings g
     JOIN lot_uses u ON u.org_id = g.org_id AND u.position = g.position AND u.amount < 0
     WHERE g.org_id = w.org_id AND g.owner = w.person_id AND g.position > spent.position AND g.account = 'points' AND g.amount > 0),
    (SELECT min(r.lot_position) FROM given_back r WHERE r.org_id = w.org_id)) AS position
  FROM (
    SELECT p.position FROM postings p
    JOIN entries e ON e.org_id = p.org_id AND e.position = p.position AND e.kind IN ('redemption_requested', 'adjustment')
    WHERE p.org_id = w.org_id AND p.owner = w.person_id AND p.account = 'points' AND p.amount < 0
    ORDER BY p.position DESC LIMIT 1
  ) spent
) oldest ON true
LEFT JOIN LATERAL (
  SELECT p.position, p.line, p.amount - COALESCE(u.used, 0) AS remaining, x.expires_on,
         b.budget_id, COALESCE(b.name, n.source) AS name, COALESCE(b.taxable, false) AS taxable,
         CASE WHEN b.budget_id IS NOT NULL THEN 'budget'
              WHEN n.source IS NOT NULL THEN 'earning'
              WHEN e.kind = 'adjustment' THEN 'adjustment'
              WHEN EXISTS (SELECT FROM postings i WHERE i.org_id = p.org_id AND i.position = p.position AND i.account = 'issued')
              THEN 'history' ELSE 'allowance' END AS source
  FROM postings p
  JOIN entries e ON e.org_id = p.org_id AND e.position = p.position
    AND e.kind IN ('recognition', 'award_granted', 'award_approved', 'boost', 'earning', 'adjustment')
  LEFT JOIN LATERAL (
    SELECT sum(x.amount)::bigint AS used FROM lot_uses x
    WHERE x.org_id = p.org_id AND x.lot_position = p.position AND x.lot_line = p.line
  ) u ON true
  LEFT JOIN expiring_lots x ON x.org_id = p.org_id AND x.position = p.position AND x.line = p.line
  LEFT JOIN earnings n ON n.org_id = e.org_id AND n.position = e.position
  LEFT JOIN awards a ON a.org_id = e.org_id AND a.award_id = e.subject AND e.kind IN ('award_granted', 'award_approved')
  LEFT JOIN budgets b ON b.org_id = a.org_id AND b.budget_id = a.budget_id
  WHERE p.org_id = w.org_id AND p.account = 'points' AND p.owner = w.person_id AND p.amount > 0
    AND p.position >= COALESCE(oldest.position, 0)
    AND (p.amount > COALESCE(u.used, 0) OR EXISTS (
      SELECT FROM given_back r WHERE r.org_id = p.org_id AND r.lot_position = p.position AND r.lot_line = p.line))
) l ON true
ORDER BY w.org_id, w.person_id, l.position, l.line

-- What gave points and may be boosted or taken back: recognitions with their boosts, and earnings ($1, $2), and awards ($3, $4).
-- name: load_grants
WITH wanted AS (
  SELECT e.org_id, e.position, NULL::uuid AS boosted FROM unnest($1::integer[], $2::uuid[]) AS q (org_id, entry_id)
  JOIN entries e ON e.org_id = q.org_id AND e.entry_id = q.entry_id AND e.kind IN ('recognition', 'earning')
  UNION ALL
  SELECT b.org_id, b.position, e.entry_id FROM unnest($1::integer[], $2::uuid[]) AS q (org_id, entry_id)
  JOIN entries e ON e.org_id = q.org_id AND e.entry_id = q.entry_id AND e.kind = 'recognition'
  JOIN boosts b ON b.org_id = e.org_id AND b.recognition_position = e.position
  UNION ALL
  SELECT a.org_id, a.state_position, NULL FROM unnest($3::integer[], $4::uuid[]) AS q (org_id, award_id)
  JOIN awards a ON a.org_id = q.org_id AND a.award_id = q.award_id AND a.state = 'granted'
)
SELECT e.org_id, CASE WHEN e.kind = 'award_approved' THEN e.subject ELSE e.entry_id END, e.position,
       CASE WHEN e.kind IN ('award_granted', 'award_approved') THEN 'award' ELSE e.kind END, e.actor,
       COALESCE(a.recipients, recipients.ids, credited.ids), COALESCE(a.points, b.points, r.points, credited.points),
       payer.account, payer.owner, e.recorded_at, day_of(e.recorded_at, o.time_zone), w.boosted,
       EXISTS (SELECT FROM reversals v WHERE v.org_id = e.org_id AND v.reversed_position = e.position),
       EXISTS (SELECT FROM entries n WHERE n.org_id = e.org_id AND n.subject = e.actor AND n.kind = 'allowance_reset'
                 AND n.position > e.position)
FROM wanted w
JOIN entries e ON e.org_id = w.org_id AND e.position = w.position
JOIN organizations o ON o.org_id = w.org_id
LEFT JOIN recognitions r ON r.org_id = e.org_id AND r.position = e.position
LEFT JOIN boosts b ON b.org_id = e.org_id AND b.position = e.position
LEFT JOIN awards a ON a.org_id = e.org_id AND a.state_position = e.position AND a.state = 'granted'
LEFT JOIN postings payer ON payer.org_id = e.org_id AND payer.position = e.position AND payer.line = 0
CROSS JOIN LATERAL (
  SELECT array_agg(x.person_id ORDER BY x.line) AS ids FROM recognition_recipients x
  WHERE x.org_id = e.org_id AND x.position = COALESCE(b.recognition_position, r.position)
) recipients
CROSS JOIN LATERAL (
  SELECT array_agg(x.owner) AS ids, max(x.amount) AS points FROM postings x
  WHERE x.org_id = e.org_id AND x.position = e.position AND x.account = 'points'
) credited
ORDER BY e.org_id, e.position

-- Where the programme asks who gives how much to whom ($3: whatever it asks now): what givers newly gave from their allowance in the
-- present week, month and quarter, by recipient. One row a giver.
-- name: load_givers
WITH asked AS MATERIALIZED (
  SELECT q.org_id, q.person_id, o.time_zone,
         day_of(GREATEST(current_setting('laurel.now')::timestamptz, h.recorded_at), o.time_zone) AS day
  FROM (SELECT DISTINCT org_id, person_id FROM unnest($1::integer[], $2::uuid[]) AS q (org_id, person_id)) q
  JOIN organizations o ON o.org_id = q.org_id
  JOIN ledger_heads h ON h.org_id = q.org_id
  CROSS JOIN LATERAL (SELECT * FROM programs p WHERE p.org_id = q.org_id ORDER BY p.version DESC LIMIT 1) p
  WHERE $3::boolean OR p.recipient_cap_mode = 'block'
), periods AS MATERIALIZED (
  SELECT *, date_trunc('week', day::timestamp)::date AS week, date_trunc('month', day::timestamp)::date AS month,
         date_trunc('quarter', day::timestamp)::date AS quarter,
         day_start(LEAST(date_trunc('week', day::timestamp), date_trunc('quarter', day::timestamp))::date, time_zone) AS since
  FROM asked
)
SELECT q.org_id, q.person_id, given.recipients, given.week, given.month, given.quarter
FROM periods q
CROSS JOIN LATERAL (
  SELECT array_agg(s.recipient) AS recipients, array_agg(s.week) AS week, array_agg(s.month) AS month,
         array_agg(s.quarter) AS quarter
  FROM (
    SELECT g.recipient,
           COALESCE(sum(g.points) FILTER (WHERE g.day >= q.week), 0)::bigint AS week,
           COALESCE(sum(g.points) FILTER (WHERE g.day >= q.month), 0)::bigint AS month,
           COALESCE(sum(g.points) FILTER (WHERE g.day >= q.quarter), 0)::bigint AS quarter
    FROM (
      SELECT x.person_id AS recipient, r.points, day_of(r.occurred_at, q.time_zone) AS day, r.position
      FROM recognitions r
      JOIN recognition_recipients x ON x.org_id = r.org_id AND x.position = r.position
      WHERE r.org_id = q.org_id AND r.giver = q.person_id AND r.points > 0
        AND r.occurred_at >= q.since
        AND EXISTS (SELECT FROM postings d WHERE d.org_id = r.org_id AND d.position = r.position AND d.account = 'allowance')
      UNION ALL
      SELECT x.person_id, b.points, day_of(b.occurred_at, q.time_zone), b.position
      FROM boosts b
      JOIN recognition_recipients x ON x.org_id = b.org_id AND x.position = b.recognition_position
      WHERE b.org_id = q.org_id AND b.giver = q.person_id
        AND b.occurred_at >= q.since
    ) g
    WHERE NOT EXISTS (SELECT FROM reversals v WHERE v.org_id = q.org_id AND v.reversed_position = g.position)
    GROUP BY g.recipient
  ) s
) given

-- How often givers thanked each of their recipients without points today, in the organisation's time zone, whatever became of it.
-- History has a time of its own, and is not counted.
-- name: load_free_thanks
SELECT q.org_id, q.person_id, x.person_id, count(*)
FROM (SELECT DISTINCT org_id, person_id FROM unnest($1::integer[], $2::uuid[]) AS q (org_id, person_id)) q
JOIN organizations o ON o.org_id = q.org_id
JOIN ledger_heads h ON h.org_id = q.org_id
CROSS JOIN LATERAL (
  SELECT day_start(day_of(GREATEST(current_setting('laurel.now')::timestamptz, h.recorded_at), o.time_zone), o.time_zone) AS since
  OFFSET 0
) today
JOIN recognitions r ON r.org_id = q.org_id AND r.giver = q.person_id AND r.points = 0 AND r.occurred_at >= today.since
JOIN entries e ON e.org_id = r.org_id AND e.position = r.position AND e.recorded_at = e.occurred_at
JOIN recognition_recipients x ON x.org_id = r.org_id AND x.position = r.position
GROUP BY q.org_id, q.person_id, x.person_id

-- Budgets by id, by name, or of awards ($5, $6), with what is left in them.
-- name: load_budgets
WITH wanted AS (
  SELECT org_id, budget_id FROM unnest($1::integer[], $2::uuid[]) AS q (org_id, budget_id)
  UNION
  SELECT b.org_id, b.budget_id FROM unnest($3::integer[], $4::text[]) AS q (org_id, name)
  JOIN budgets b ON b.org_id = q.org_id AND b.name = q.name
  UNION
  SELECT a.org_id, a.budget_id FROM unnest($5::integer[], $6::uuid[]) AS q (org_id, award_id)
  JOIN awards a ON a.org_id = q.org_id AND a.award_id = q.award_id
)
SELECT b.org_id, b.budget_id, b.name, b.owner, b.starts_on, b.ends_on, b.cost_centre, b.approval_above, b.taxable,
       available.balance, held.balance
FROM wanted
JOIN budgets b USING (org_id, budget_id)
LEFT JOIN accounts available
  ON available.org_id = b.org_id AND available.account = 'budget' AND available.owner = b.budget_id
LEFT JOIN accounts held ON held.org_id = b.org_id AND held.account = 'budget_held' AND held.owner = b.budget_id

-- name: load_awards
SELECT a.org_id, a.award_id, a.giver, a.budget_id, a.points, a."values", a.recipients, a.state
FROM unnest($1::integer[], $2::uuid[]) AS q (org_id, award_id)
JOIN awards a ON a.org_id = q.org_id AND a.award_id = q.award_id

-- What givers ($3) awarded from budgets ($2) to people: by id ($4), by handle ($8), by email in lower case ($12).
-- name: load_award_totals
WITH wanted AS (
  SELECT org_id, budget_id, giver, recipient
  FROM unnest($1::integer[], $2::uuid[], $3::uuid[], $4::uuid[]) AS q (org_id, budget_id, giver, recipient)
  UNION
  SELECT p.org_id, q.budget_id, q.giver, p.person_id
  FROM unnest($5::integer[], $6::uuid[], $7::uuid[], $8::text[]) AS q (org_id, budget_id, giver, handle)
  JOIN people p ON p.org_id = q.org_id AND p.handle = q.handle COLLATE "C"
  UNION
  SELECT p.org_id, q.budget_id, q.giver, p.person_id
  FROM unnest($9::integer[], $10::uuid[], $11::uuid[], $12::text[]) AS q (org_id, budget_id, giver, email)
  JOIN people p ON p.org_id = q.org_id AND lower(p.email) = q.email COLLATE "C"
)
SELECT w.org_id, w.budget_id, w.giver, w.recipient, COALESCE(t.points, 0)
FROM wanted w
LEFT JOIN LATERAL (
  SELECT t.points FROM award_totals t
  WHERE t.org_id = w.org_id AND t.budget_id = w.budget_id AND t.giver = w.giver AND t.recipient = w.recipient LIMIT 1
) t ON true

-- name: load_values
SELECT org_id, slug, name, description, active, position FROM recognition_values WHERE org_id = ANY ($1::integer[])

-- API keys that are not revoked, with what they may credit and have credited.
-- name: load_keys
SELECT k.org_id, k.key_id, k.person_id, k.source, k.points_max, k.points_max_day, k.credited_on, k.credited_points
FROM unnest($1::integer[], $2::uuid[]) AS q (org_id, key_id)
JOIN api_keys k ON k.org_id = q.org_id AND k.key_id = q.key_id AND k.revoked_at IS NULL

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
