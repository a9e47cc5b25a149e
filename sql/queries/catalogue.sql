-- What the catalogue, redemptions, budgets and awards are read with.

-- $2: an id, or NULL; $3: an SKU.
-- name: reward
SELECT r.reward_id, r.sku, r.name, r.description, r.kind, r.price_points, r.cost, r.currency, r.is_limited, r.fulfilment,
       r.needs_approval, r.taxable, r.active, r.image_url, r.position, COALESCE(stock.balance, 0)
FROM rewards r
LEFT JOIN accounts stock ON stock.org_id = r.org_id AND stock.account = 'stock' AND stock.owner = r.reward_id
WHERE r.org_id = $1::integer AND (r.reward_id = $2::uuid OR r.sku = $3::text COLLATE "C")

-- The reward $2 as it was with the entry at $3: its stock then, and what the log said of it by then where it has changed since.
-- name: reward_as_of
SELECT r.reward_id, r.sku, r.name, r.description, r.kind, r.price_points, r.cost, r.currency, r.is_limited, r.fulfilment,
       r.needs_approval, r.taxable, r.active, r.image_url, r.position, COALESCE(stock.balance_after, 0), said.text, said.position
FROM rewards r
LEFT JOIN LATERAL (
  SELECT x.balance_after FROM postings x
  WHERE x.org_id = r.org_id AND x.owner = r.reward_id AND x.position <= $3::bigint AND x.account = 'stock'
  ORDER BY x.position DESC, x.line DESC LIMIT 1
) stock ON true
LEFT JOIN LATERAL (
  SELECT e.position, t.text FROM entries e
  LEFT JOIN entry_texts t ON t.org_id = e.org_id AND t.position = e.position
  WHERE e.org_id = r.org_id AND e.subject = r.reward_id AND e.position <= $3::bigint
    AND e.kind IN ('reward_created', 'reward_changed')
  ORDER BY e.position DESC LIMIT 1
) said ON r.position > $3::bigint
WHERE r.org_id = $1::integer AND r.reward_id = $2::uuid

-- After the SKU $2. Who keeps neither rewards nor the organisation ($6) sees what can be redeemed.
-- name: rewards
SELECT r.reward_id, r.sku, r.name, r.description, r.kind, r.price_points, r.cost, r.currency, r.is_limited, r.fulfilment,
       r.needs_approval, r.taxable, r.active, r.image_url, r.position, COALESCE(stock.balance, 0)
FROM rewards r
LEFT JOIN accounts stock ON stock.org_id = r.org_id AND stock.account = 'stock' AND stock.owner = r.reward_id
WHERE r.org_id = $1::integer AND r.sku > $2::text COLLATE "C"
  AND ($3::text IS NULL OR r.kind = $3::text)
  AND ($4::bigint IS NULL OR r.price_points <= $4::bigint)
  AND r.search LIKE ALL ($5::text[])
  AND (r.active OR $6::boolean)
ORDER BY r.sku
LIMIT $7::integer

-- $3 the caller, $4 whether they see all.
-- name: redemption
SELECT r.redemption_id, r.state_position, r.reward_id, r.reward_sku, r.reward_name, p.person_id, p.handle, p.name, r.quantity,
       r.points, r.unit_cost, r.currency, r.state, t.text, r.code, e.recorded_at, r.position, r.first_state,
       decided.words, decided.people, decided.handles, decided.names, decided.times, decided.reasons, decided.positions
FROM redemptions r
JOIN people p ON p.org_id = r.org_id AND p.person_id = r.person_id
JOIN entries e ON e.org_id = r.org_id AND e.position = r.position
LEFT JOIN entry_texts t ON t.org_id = r.org_id AND t.position = r.position
CROSS JOIN LATERAL decided(r.org_id, r.redemption_id) AS decided
WHERE r.org_id = $1::integer AND r.redemption_id = $2::uuid AND (r.person_id = $3::uuid OR $4::boolean)

-- Newest first, before the position $4. Filters that are NULL do not filter; bounds as in the feed.
-- name: redemptions
SELECT r.redemption_id, r.state_position, r.reward_id, r.reward_sku, r.reward_name, p.person_id, p.handle, p.name, r.quantity,
       r.points, r.unit_cost, r.currency, r.state, t.text, r.code, e.recorded_at, r.position, r.first_state,
       decided.words, decided.people, decided.handles, decided.names, decided.times, decided.reasons, decided.positions
FROM organizations o
CROSS JOIN LATERAL (
  SELECT COALESCE(day_start($7::date, o.time_zone), $9::timestamptz, '-infinity') AS since,
         COALESCE(day_start($8::date + 1, o.time_zone), $10::timestamptz, 'infinity') AS until
) bounds
JOIN redemptions r ON r.org_id = o.org_id
JOIN people p ON p.org_id = r.org_id AND p.person_id = r.person_id
JOIN entries e ON e.org_id = r.org_id AND e.position = r.position
LEFT JOIN entry_texts t ON t.org_id = r.org_id AND t.position = r.position
CROSS JOIN LATERAL decided(r.org_id, r.redemption_id) AS decided
WHERE o.org_id = $1::integer AND (r.person_id = $2::uuid OR $3::boolean) AND r.position < $4::bigint
  AND ($5::text IS NULL OR r.state = $5::text)
  AND ($6::uuid IS NULL OR r.person_id = $6::uuid)
  AND e.recorded_at >= bounds.since AND e.recorded_at < bounds.until
ORDER BY r.position DESC
LIMIT $11::integer

-- $2: an id, or NULL for all after the name $3. Who is neither finance nor admin ($5) sees their own ($4).
-- name: budgets
SELECT b.budget_id, b.name, p.person_id, p.handle, p.name, b.starts_on, b.ends_on, b.cost_centre, b.approval_above, b.taxable,
       COALESCE(available.balance, 0), COALESCE(held.balance, 0), funded.points,
       CASE WHEN today.day < b.starts_on THEN 'upcoming' WHEN today.day > b.ends_on THEN 'closed' ELSE 'open' END
FROM organizations o
JOIN ledger_heads h ON h.org_id = o.org_id
CROSS JOIN LATERAL (SELECT day_of(GREATEST(now(), h.recorded_at), o.time_zone) AS day OFFSET 0) today
JOIN budgets b ON b.org_id = o.org_id
JOIN people p ON p.org_id = b.org_id AND p.person_id = b.owner
LEFT JOIN accounts available
  ON available.org_id = b.org_id AND available.account = 'budget' AND available.owner = b.budget_id
LEFT JOIN accounts held ON held.org_id = b.org_id AND held.account = 'budget_held' AND held.owner = b.budget_id
CROSS JOIN LATERAL (
  SELECT COALESCE(sum(x.amount), 0)::bigint AS points FROM entries e
  JOIN postings x ON x.org_id = e.org_id AND x.position = e.position AND x.account = 'budget' AND x.owner = e.subject
  WHERE e.org_id = b.org_id AND e.subject = b.budget_id AND e.kind IN ('budget_created', 'budget_funded')
) funded
WHERE o.org_id = $1::integer AND ($2::uuid IS NULL OR b.budget_id = $2::uuid) AND b.name > $3::text
  AND (b.owner = $4::uuid OR $5::boolean)
ORDER BY b.name
LIMIT $6::integer

-- The budget $2 as it was with the entry at $3. A budget's postings are many (one for each award) and those to it few; what is held
-- is looked for only where something ever was, since its index is by owner alone.
-- name: budget_as_of
SELECT b.budget_id, b.name, p.person_id, p.handle, p.name, b.starts_on, b.ends_on, b.cost_centre, b.approval_above, b.taxable,
       COALESCE(available.balance_after, 0), COALESCE(held.balance_after, 0), funded.points,
       CASE WHEN today.day < b.starts_on THEN 'upcoming' WHEN today.day > b.ends_on THEN 'closed' ELSE 'open' END
FROM organizations o
JOIN entries n ON n.org_id = o.org_id AND n.position = $3::bigint
CROSS JOIN LATERAL (SELECT day_of(n.recorded_at, o.time_zone) AS day OFFSET 0) today
JOIN budgets b ON b.org_id = o.org_id AND b.budget_id = $2::uuid
JOIN people p ON p.org_id = b.org_id AND p.person_id = b.owner
LEFT JOIN LATERAL (
  SELECT x.balance_after FROM postings x
  WHERE x.org_id = b.org_id AND x.owner = b.budget_id AND x.position <= n.position AND x.account = 'budget'
  ORDER BY x.position DESC, x.line DESC LIMIT 1
) available ON true
LEFT JOIN accounts ever ON ever.org_id = b.org_id AND ever.account = 'budget_held' AND ever.owner = b.budget_id
LEFT JOIN LATERAL (
  SELECT x.balance_after FROM postings x
  WHERE x.org_id = b.org_id AND x.owner = b.budget_id AND x.position <= n.position AND x.account = 'budget_held'
    AND ever.owner IS NOT NULL
  ORDER BY x.position DESC, x.line DESC LIMIT 1
) held ON true
CROSS JOIN LATERAL (
  SELECT COALESCE(sum(x.amount), 0)::bigint AS points FROM entries e
  JOIN postings x ON x.org_id = e.org_id AND x.position = e.position AND x.account = 'budget' AND x.owner = e.subject
  WHERE e.org_id = b.org_id AND e.subject = b.budget_id AND e.kind IN ('budget_created', 'budget_funded')
    AND e.position <= n.position
) funded
WHERE o.org_id = $1::integer

-- A budget by id or name, for whoever names it in a request.
-- name: find_budget
SELECT budget_id FROM budgets WHERE org_id = $1::integer AND (budget_id = $2::uuid OR name = $3::text)

-- $2: an id, or NULL for all before the position $3. One's own, given or received; finance and admins ($5) see all.
-- name: awards
SELECT a.award_id, a.state_position, g.person_id, g.handle, g.name, recipients.ids, recipients.handles, recipients.names,
       t.text, a.points, a."values", b.budget_id, b.name, a.state, e.recorded_at, a.position,
       decided.words, decided.people, decided.handles, decided.names, decided.times, decided.reasons, decided.positions
FROM awards a
JOIN people g ON g.org_id = a.org_id AND g.person_id = a.giver
JOIN budgets b ON b.org_id = a.org_id AND b.budget_id = a.budget_id
JOIN entries e ON e.org_id = a.org_id AND e.position = a.position
LEFT JOIN entry_texts t ON t.org_id = a.org_id AND t.position = a.position
CROSS JOIN LATERAL (
  SELECT array_agg(p.person_id ORDER BY x.place) AS ids, array_agg(p.handle ORDER BY x.place) AS handles,
         array_agg(p.name ORDER BY x.place) AS names
  FROM unnest(a.recipients) WITH ORDINALITY AS x (person_id, place)
  JOIN people p ON p.org_id = a.org_id AND p.person_id = x.person_id
) recipients
CROSS JOIN LATERAL decided(a.org_id, a.award_id) AS decided
WHERE a.org_id = $1::integer AND ($2::uuid IS NULL OR a.award_id = $2::uuid) AND a.position < $3::bigint
  AND (a.giver = $4::uuid OR $5::boolean OR ($4::uuid = ANY (a.recipients) AND a.state = 'granted'))
  AND ($6::text IS NULL OR a.state = $6::text)
ORDER BY a.position DESC
LIMIT $7::integer

-- The subject of an entry: what a replay renders.
-- name: subject_at
SELECT subject FROM entries WHERE org_id = $1::integer AND position = $2::bigint
