-- What `laurel verify` reads, in one REPEATABLE READ transaction, so a live database is seen at one instant.

-- name: snapshot
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY

-- name: verify_head
SELECT position, hash, recorded_at FROM ledger_heads WHERE org_id = $1::integer

-- name: verify_entry_hash
SELECT hash, recorded_at FROM entries WHERE org_id = $1::integer AND position = $2::bigint

-- Where each account stood once the entry at $2 was recorded.
-- name: verify_balances_at
SELECT a.account, a.owner, x.balance_after
FROM accounts a
CROSS JOIN LATERAL (
  SELECT x.balance_after FROM postings x
  WHERE x.org_id = a.org_id AND x.owner = a.owner AND x.account = a.account AND x.position <= $2::bigint
  ORDER BY x.position DESC, x.line DESC LIMIT 1
) x
WHERE a.org_id = $1::integer

-- A page of the log, with everything that its hashes cover, positions after $2.
-- name: verify_entries
SELECT e.position, e.entry_id, e.kind, e.recorded_at, e.occurred_at, e.actor, e.subject, e.program_version,
       e.key_digest, e.request_digest, e.text_digest, e.hash,
       t.salt, t.text, r.giver, r.points, r.visibility, r."values", r.occurred_at, recipients.ids,
       p.accounts, p.owners, p.amounts, p.balances, p.lines,
       d.person_id, d.reward_id, d.reward_sku, d.reward_name, d.quantity, d.points, d.unit_cost, d.currency, d.taxable,
       d.cost_centre, d.takes_stock, d.first_state,
       sources.kinds, sources.budgets, sources.names, sources.taxable, sources.points,
       a.giver, a.budget_id, a.points, a."values", a.recipients,
       u.positions, u.lines, u.amounts,
       b.giver, b.recognition_position, b.points, b.occurred_at, boosted.ids, n.source, v.positions,
       g.version, g.allowance_points, g.allowance_period, g.allowance_by_role::text, g.max_points, g.max_recipients,
       (g.recipient_cap_share * 10000)::integer, g.recipient_cap_mode, g.expiry_months, g.leaver_grace_days,
       (g.point_value * 10000)::bigint, g.currency, g.private_allowed, g.givers, g.free_thanks_a_day,
       g.separation_of_duties, g.private_on_boards, n.key_id
FROM entries e
LEFT JOIN entry_texts t ON t.org_id = e.org_id AND t.position = e.position
LEFT JOIN recognitions r ON r.org_id = e.org_id AND r.position = e.position
LEFT JOIN redemptions d ON d.org_id = e.org_id AND d.position = e.position
LEFT JOIN LATERAL (
  SELECT array_agg(x.kind ORDER BY x.line) AS kinds,
         array_agg(COALESCE(x.budget_id, '00000000-0000-0000-0000-000000000000') ORDER BY x.line) AS budgets,
         array_agg(COALESCE(x.name, '') ORDER BY x.line) AS names, array_agg(x.taxable::integer::bigint ORDER BY x.line) AS taxable,
         array_agg(x.points ORDER BY x.line) AS points
  FROM redemption_sources x WHERE x.org_id = d.org_id AND x.position = d.position
) sources ON true
LEFT JOIN awards a ON a.org_id = e.org_id AND a.position = e.position
LEFT JOIN LATERAL (
  SELECT array_agg(x.lot_position ORDER BY x.line) AS positions, array_agg(x.lot_line::bigint ORDER BY x.line) AS lines,
         array_agg(x.amount ORDER BY x.line) AS amounts
  FROM lot_uses x WHERE x.org_id = e.org_id AND x.position = e.position
) u ON true
LEFT JOIN LATERAL (
  SELECT array_agg(x.person_id ORDER BY x.line) AS ids
  FROM recognition_recipients x WHERE x.org_id = e.org_id AND x.position = e.position
) recipients ON true
LEFT JOIN boosts b ON b.org_id = e.org_id AND b.position = e.position
LEFT JOIN LATERAL (
  SELECT array_agg(x.person_id ORDER BY x.line) AS ids
  FROM recognition_recipients x WHERE x.org_id = e.org_id AND x.position = b.recognition_position
) boosted ON true
LEFT JOIN earnings n ON n.org_id = e.org_id AND n.position = e.position
LEFT JOIN LATERAL (
  SELECT array_agg(x.reversed_position ORDER BY x.reversed_position) AS positions
  FROM reversals x WHERE x.org_id = e.org_id AND x.position = e.position
) v ON true
LEFT JOIN programs g ON g.org_id = e.org_id AND g.position = e.position AND g.version > 1
LEFT JOIN LATERAL (
  SELECT array_agg(x.account ORDER BY x.line) AS accounts, array_agg(x.owner ORDER BY x.line) AS owners,
         array_agg(x.amount ORDER BY x.line) AS amounts, array_agg(x.balance_after ORDER BY x.line) AS balances,
         array_agg(x.line::bigint ORDER BY x.line) AS lines
  FROM postings x WHERE x.org_id = e.org_id AND x.position = e.position
) p ON true
WHERE e.org_id = $1::integer AND e.position > $2::bigint
ORDER BY e.position
LIMIT $3::integer

-- Balances as they stand, to compare with the sums of the postings.
-- name: verify_accounts
SELECT account, owner, balance, carried FROM accounts WHERE org_id = $1::integer

-- Rows that belong to no entry: invisible to the walk above, so looked for by themselves.
-- name: verify_orphans
SELECT 'postings', position FROM postings x WHERE org_id = $1::integer
  AND NOT EXISTS (SELECT FROM entries e WHERE e.org_id = x.org_id AND e.position = x.position)
UNION ALL
SELECT 'recognitions', position FROM recognitions x WHERE org_id = $1::integer
  AND NOT EXISTS (SELECT FROM entries e WHERE e.org_id = x.org_id AND e.position = x.position AND e.kind = 'recognition')
UNION ALL
SELECT 'notices', position FROM notices x WHERE org_id = $1::integer
  AND NOT EXISTS (SELECT FROM entries e WHERE e.org_id = x.org_id AND e.position = x.position)
UNION ALL
SELECT 'lot_uses', position FROM lot_uses x WHERE org_id = $1::integer
  AND NOT EXISTS (SELECT FROM entries e WHERE e.org_id = x.org_id AND e.position = x.position)
UNION ALL
SELECT 'expiring_lots', position FROM expiring_lots x WHERE org_id = $1::integer
  AND NOT EXISTS (SELECT FROM postings p WHERE p.org_id = x.org_id AND p.position = x.position AND p.line = x.line
                  AND p.account = 'points' AND p.owner = x.person_id AND p.amount > 0)
UNION ALL
SELECT 'boosts', position FROM boosts x WHERE org_id = $1::integer
  AND NOT EXISTS (SELECT FROM entries e WHERE e.org_id = x.org_id AND e.position = x.position AND e.kind = 'boost')
UNION ALL
SELECT 'earnings', position FROM earnings x WHERE org_id = $1::integer
  AND NOT EXISTS (SELECT FROM entries e WHERE e.org_id = x.org_id AND e.position = x.position AND e.kind = 'earning')
UNION ALL
SELECT 'reversals', position FROM reversals x WHERE org_id = $1::integer
  AND NOT EXISTS (SELECT FROM entries e WHERE e.org_id = x.org_id AND e.position = x.position AND e.kind = 'reversal')
UNION ALL
SELECT 'programs', position FROM programs x WHERE org_id = $1::integer AND version > 1
  AND NOT EXISTS (SELECT FROM entries e WHERE e.org_id = x.org_id AND e.position = x.position AND e.kind = 'program_changed')
UNION ALL
SELECT 'redemptions', position FROM redemptions x WHERE org_id = $1::integer
  AND NOT EXISTS (SELECT FROM entries e WHERE e.org_id = x.org_id AND e.position = x.position
                  AND e.kind = 'redemption_requested')
UNION ALL
SELECT 'redemption_sources', position FROM redemption_sources x WHERE org_id = $1::integer
  AND NOT EXISTS (SELECT FROM redemptions r WHERE r.org_id = x.org_id AND r.position = x.position)
UNION ALL
SELECT 'awards', position FROM awards x WHERE org_id = $1::integer
  AND NOT EXISTS (SELECT FROM entries e WHERE e.org_id = x.org_id AND e.position = x.position
                  AND e.kind IN ('award_granted', 'award_requested'))
UNION ALL
SELECT 'recognition_recipients', position FROM recognition_recipients x WHERE org_id = $1::integer
  AND NOT EXISTS (SELECT FROM recognitions r WHERE r.org_id = x.org_id AND r.position = x.position)
LIMIT 100

-- Lots that were used beyond what they hold or given back more than was used, and people whose lots do not sum to their points.
-- name: verify_lots
WITH lots AS (
  SELECT p.owner, p.position, p.line, p.amount,
         COALESCE((SELECT sum(u.amount) FROM lot_uses u
                   WHERE u.org_id = p.org_id AND u.lot_position = p.position AND u.lot_line = p.line), 0) AS used
  FROM postings p
  JOIN entries e ON e.org_id = p.org_id AND e.position = p.position
  WHERE p.org_id = $1::integer AND p.account = 'points' AND p.amount > 0
    AND e.kind IN ('recognition', 'award_granted', 'award_approved', 'boost', 'earning', 'adjustment')
), sums AS (
  SELECT owner, sum(amount - used) AS remaining FROM lots GROUP BY owner
)
SELECT position, 'line ' || line || ' holds ' || amount || ', and ' || used || ' of it were used' AS detail
FROM lots WHERE used < 0 OR used > amount
UNION ALL
SELECT NULL, 'the lots of ' || a.owner || ' hold ' || COALESCE(s.remaining, 0) || ', the balance is ' || a.balance
FROM accounts a LEFT JOIN sums s ON s.owner = a.owner
WHERE a.org_id = $1::integer AND a.account = 'points' AND a.balance <> COALESCE(s.remaining, 0)
UNION ALL
SELECT l.position, 'line ' || l.line || ' has ' || (l.amount - l.used) || ' left, its last day says ' || COALESCE(x.remaining::text, 'nothing')
FROM lots l
JOIN entries e ON e.org_id = $1::integer AND e.position = l.position
JOIN programs g ON g.org_id = e.org_id AND g.version = e.program_version
JOIN organizations o ON o.org_id = e.org_id
LEFT JOIN expiring_lots x ON x.org_id = e.org_id AND x.position = l.position AND x.line = l.line AND x.person_id = l.owner
WHERE (g.expiry_months IS NOT NULL OR x.position IS NOT NULL)
  AND (x.remaining, x.expires_on) IS DISTINCT FROM
      (l.amount - l.used, (day_of(e.recorded_at, o.time_zone) + make_interval(months => g.expiry_months))::date)
LIMIT 100

-- People whose held points are not those of their open redemptions, and redemptions whose state is not what their
-- last entry made it.
-- name: verify_redemptions
SELECT NULL::bigint, 'held of ' || a.owner || ' is ' || a.balance || ', open redemptions take ' || COALESCE(o.points, 0) AS detail
FROM accounts a
LEFT JOIN (
  SELECT person_id, sum(points) AS points FROM redemptions
  WHERE org_id = $1::integer AND state IN ('pending_approval', 'approved') GROUP BY person_id
) o ON o.person_id = a.owner
WHERE a.org_id = $1::integer AND a.account = 'held' AND a.balance <> COALESCE(o.points, 0)
UNION ALL
SELECT r.position, 'redemption ' || r.redemption_id || ' is ' || r.state || ', its last entry is ' || COALESCE(e.kind, 'missing')
FROM redemptions r
LEFT JOIN (
  SELECT DISTINCT ON (e.subject) e.subject, e.position, e.kind FROM entries e
  WHERE e.org_id = $1::integer AND e.kind IN (
    'redemption_requested', 'redemption_approved', 'redemption_declined', 'redemption_cancelled', 'redemption_fulfilled',
    'redemption_refunded')
  ORDER BY e.subject, e.position DESC
) e ON e.subject = r.redemption_id
WHERE r.org_id = $1::integer AND NOT COALESCE(r.state_position = e.position AND CASE e.kind
  WHEN 'redemption_requested' THEN r.state = r.first_state AND r.state <> 'fulfilled'
  ELSE e.kind = 'redemption_' || r.state END, false)
UNION ALL
SELECT r.position, 'redemption ' || r.redemption_id || ' took ' || r.points || ' points, its sources sum to ' || COALESCE(s.points, 0)
FROM redemptions r
LEFT JOIN (SELECT position, sum(points) AS points FROM redemption_sources WHERE org_id = $1::integer GROUP BY position) s
  ON s.position = r.position
WHERE r.org_id = $1::integer AND r.points <> COALESCE(s.points, 0)
LIMIT 100

-- Awards whose state is not what their last entry made it.
-- name: verify_awards
SELECT a.position, 'award ' || a.award_id || ' is ' || a.state || ', the entry at ' || a.state_position || ' is '
       || COALESCE(e.kind, 'missing') AS detail
FROM awards a
LEFT JOIN entries e ON e.org_id = a.org_id AND e.position = a.state_position AND e.subject = a.award_id
WHERE a.org_id = $1::integer AND NOT COALESCE(
  (a.state = 'granted' AND e.kind IN ('award_granted', 'award_approved'))
  OR (a.state = 'pending_approval' AND e.kind = 'award_requested')
  OR (a.state = 'declined' AND e.kind = 'award_declined'), false)
UNION ALL
SELECT NULL, 'what ' || COALESCE(t.giver, s.giver) || ' awarded ' || COALESCE(t.recipient, s.recipient) || ' is ' || COALESCE(t.points, 0)
       || ', the awards sum to ' || COALESCE(s.points, 0)
FROM (SELECT * FROM award_totals WHERE org_id = $1::integer) t
FULL JOIN (
  SELECT a.budget_id, a.giver, x.recipient, sum(a.points) AS points
  FROM awards a
  CROSS JOIN LATERAL unnest(a.recipients) AS x (recipient)
  WHERE a.org_id = $1::integer AND a.state = 'granted'
    AND NOT EXISTS (SELECT FROM reversals v WHERE v.org_id = a.org_id AND v.reversed_position = a.state_position)
  GROUP BY a.budget_id, a.giver, x.recipient
) s ON s.budget_id = t.budget_id AND s.giver = t.giver AND s.recipient = t.recipient
WHERE COALESCE(t.points, 0) <> COALESCE(s.points, 0)
LIMIT 100

-- Keys that are not what the log made them, that work although the log ended them, that hold another sum than they credited; and
-- what was credited beyond a key's bounds. Words that were erased say nothing.
-- name: verify_keys
WITH keys AS (
  SELECT k.*, 'the key ' || k.key_id AS name, particular('key', k.key_id::text) AS named,
         particular('key', k.key_id::text) || particular('digest', encode(k.digest, 'hex'))
         || particular('expires_at', (extract(epoch FROM k.expires_at) * 1000000)::bigint::text)
         || particular('scopes', (SELECT string_agg(scope, ' ' ORDER BY scope COLLATE "C") FROM unnest(k.scopes) AS scope))
         || particular('label', k.label) || particular('source', k.source) || particular('points_max', k.points_max::text)
         || particular('points_max_day', k.points_max_day::text) AS text
  FROM api_keys k WHERE k.org_id = $1::integer
), changes AS (
  SELECT e.position, e.kind, e.subject, t.text FROM entries e
  LEFT JOIN entry_texts t ON t.org_id = e.org_id AND t.position = e.position
  WHERE e.org_id = $1::integer AND e.kind IN ('key_created', 'key_revoked', 'person_changed')
), returns AS (
  SELECT subject, max(position) AS position FROM changes
  WHERE kind = 'person_changed' AND strpos(E'\n' || text, E'\nactive\ttrue\n') > 0 GROUP BY subject
), erased AS (
  SELECT subject, max(position) AS position FROM changes WHERE kind <> 'key_created' AND text IS NULL GROUP BY subject
), credits AS (
  SELECT n.key_id, day_of(e.recorded_at, o.time_zone) AS day, e.position, n.source, x.owner, x.amount
  FROM earnings n
  JOIN entries e ON e.org_id = n.org_id AND e.position = n.position
  JOIN organizations o ON o.org_id = n.org_id
  JOIN postings x ON x.org_id = n.org_id AND x.position = n.position AND x.account = 'points'
  WHERE n.org_id = $1::integer AND n.key_id IS NOT NULL
), days AS (
  SELECT key_id, day, max(position) AS position, sum(amount)::bigint AS points FROM credits GROUP BY key_id, day
), last_days AS (
  SELECT DISTINCT ON (key_id) key_id, day, points FROM days ORDER BY key_id, day DESC
)
SELECT COALESCE(k.position, c.position) AS position,
       COALESCE(k.name || ' is not what its entry says', 'the key that the entry made is not there') AS detail
FROM keys k
FULL JOIN (SELECT * FROM changes WHERE kind = 'key_created') c ON c.position = k.position AND c.subject = k.person_id
WHERE k.key_id IS NULL OR c.position IS NULL OR c.text <> k.text
UNION ALL
SELECT k.position, k.name || CASE WHEN k.revoked_at IS NULL THEN ' works, although the log ended it'
                                  ELSE ' works no more, although the log has not ended it' END
FROM keys k
LEFT JOIN returns r ON r.subject = k.person_id AND r.position > k.position
LEFT JOIN (SELECT DISTINCT subject, text FROM changes WHERE kind = 'key_revoked') v
  ON v.subject = k.person_id AND v.text = k.named
LEFT JOIN erased x ON x.subject = k.person_id AND x.position > k.position
WHERE x.subject IS NULL AND (k.revoked_at IS NOT NULL) <> (r.subject IS NOT NULL OR v.subject IS NOT NULL)
UNION ALL
SELECT k.position, k.name || ' says that it credited ' || k.credited_points || ' points on '
       || COALESCE(k.credited_on::text, 'no day') || ', and credited ' || COALESCE(d.points, 0) || ' on '
       || COALESCE(d.day::text, 'no day')
FROM keys k
LEFT JOIN last_days d ON d.key_id = k.key_id
WHERE (k.credited_on, k.credited_points) IS DISTINCT FROM (d.day, COALESCE(d.points, 0))
UNION ALL
SELECT c.position, 'the earning is beyond what its key credits'
FROM credits c
LEFT JOIN keys k ON k.key_id = c.key_id
WHERE (c.source = k.source AND c.owner <> k.person_id AND c.amount <= k.points_max) IS NOT TRUE
UNION ALL
SELECT d.position, k.name || ' credited ' || d.points || ' points on ' || d.day || ', and may ' || k.points_max_day
FROM days d
JOIN keys k ON k.key_id = d.key_id
WHERE d.points > k.points_max_day
LIMIT 100

-- Allowances that are not of the period that their last reset began.
-- name: verify_allowances
SELECT r.position, 'the allowance of ' || a.owner || ' is of the period from ' || a.period_start || ', its last reset of that from '
       || COALESCE(r.first_day::text, 'no day') AS detail
FROM accounts a
LEFT JOIN (
  SELECT DISTINCT ON (e.subject) e.subject, e.position,
         date_trunc(g.allowance_period, day_of(e.recorded_at, o.time_zone)::timestamp)::date AS first_day
  FROM entries e
  JOIN organizations o ON o.org_id = e.org_id
  JOIN programs g ON g.org_id = e.org_id AND g.version = e.program_version
  WHERE e.org_id = $1::integer AND e.kind = 'allowance_reset'
  ORDER BY e.subject, e.position DESC
) r ON r.subject = a.owner
WHERE a.org_id = $1::integer AND a.account = 'allowance' AND a.period_start IS DISTINCT FROM r.first_day
LIMIT 100

-- Rows that can change, and are not what the words of the entry say that last changed them; words that were erased say nothing.
-- name: verify_particulars
SELECT x.position, 'the ' || x.kind || ' ' || x.name || ' is not what its entry says' AS detail
FROM (
  SELECT b.org_id, b.position, 'budget' AS kind, b.name, b.budget_id AS subject, 'budget_created' AS first_kind,
         particular('name', b.name) || particular('owner', b.owner::text)
         || particular('starts_on', (b.starts_on - DATE '1970-01-01')::text)
         || particular('ends_on', (b.ends_on - DATE '1970-01-01')::text) || particular('cost_centre', b.cost_centre)
         || particular('approval_above', b.approval_above::text) || particular('taxable', b.taxable::text) AS text
  FROM budgets b
  UNION ALL
  SELECT r.org_id, r.position, 'reward', r.sku, r.reward_id, 'reward_created',
         particular('sku', r.sku) || particular('name', r.name) || particular('description', r.description)
         || particular('kind', r.kind) || particular('price_points', r.price_points::text)
         || particular('cost', r.cost / 10000 || '.'
              || left(lpad((r.cost % 10000)::text, 4, '0'),
                      CASE WHEN r.cost % 100 = 0 THEN 2 WHEN r.cost % 10 = 0 THEN 3 ELSE 4 END) || ' ' || r.currency)
         || particular('fulfilment', r.fulfilment) || particular('needs_approval', r.needs_approval::text)
         || particular('taxable', r.taxable::text) || particular('active', r.active::text)
         || particular('image_url', r.image_url)
  FROM rewards r
  UNION ALL
  SELECT v.org_id, v.position, 'value', v.slug, NULL, 'value_created',
         particular('slug', v.slug) || particular('name', v.name) || particular('description', v.description)
         || particular('active', v.active::text)
  FROM recognition_values v
) x
LEFT JOIN entries e ON e.org_id = x.org_id AND e.position = x.position AND e.subject IS NOT DISTINCT FROM x.subject
  AND e.kind IN (x.first_kind, x.kind || '_changed')
LEFT JOIN entry_texts t ON t.org_id = e.org_id AND t.position = e.position
WHERE x.org_id = $1::integer AND (e.position IS NULL OR t.text <> x.text)
UNION ALL
-- What the organisation is called: its last words begin with it.
SELECT o.position, 'the organisation is not what its entry says'
FROM organizations o
CROSS JOIN LATERAL (
  SELECT particular('slug', o.slug) || particular('name', o.name) || particular('time_zone', o.time_zone)
         || particular('currency_name', o.currency_name) || particular('currency_symbol', o.currency_symbol)
         || particular('public_url', o.public_url) AS text
) x
LEFT JOIN (
  SELECT e.org_id, e.position FROM entries e
  WHERE e.org_id = $1::integer AND e.kind IN ('organization_created', 'organization_changed')
  ORDER BY e.position DESC LIMIT 1
) e ON e.org_id = o.org_id
LEFT JOIN entry_texts t ON t.org_id = e.org_id AND t.position = e.position
WHERE o.org_id = $1::integer
  AND (e.position IS DISTINCT FROM o.position OR left(t.text, length(x.text)) <> x.text)
UNION ALL
-- Nor may its calendar have become another for what was recorded before: of each, what counted by then is what counted before.
SELECT x.position, 'the change of the time zone moves days that were over'
FROM (
  SELECT e.position, e.recorded_at, words.calendar, lag(words.calendar) OVER (ORDER BY e.position) AS earlier
  FROM entries e
  LEFT JOIN entry_texts t ON t.org_id = e.org_id AND t.position = e.position
  CROSS JOIN LATERAL (SELECT (regexp_match(t.text, E'(?:^|\n)time_zone\t([^\n]*)\n'))[1] AS calendar) words
  WHERE e.org_id = $1::integer AND e.kind IN ('organization_created', 'organization_changed')
) x
WHERE x.calendar <> x.earlier AND calendar_until(x.recorded_at, x.calendar) <> calendar_until(x.recorded_at, x.earlier)
UNION ALL
-- The rules of the beginning, where they were put into words: later ones are covered by their entries' hashes.
SELECT e.position, 'the rules of the beginning are not what they were'
FROM programs g
JOIN entries e ON e.org_id = g.org_id AND e.kind = 'organization_created' AND e.position = 1
JOIN entry_texts t ON t.org_id = e.org_id AND t.position = e.position AND strpos(t.text, E'\nallowance_points\t') > 0
WHERE g.org_id = $1::integer AND g.version = 1 AND substr(t.text, strpos(t.text, E'\nallowance_points\t') + 1) IS DISTINCT FROM
  E'allowance_points\t' || g.allowance_points || E'\nallowance_period\t' || g.allowance_period || E'\nmax_points\t' || g.max_points
  || E'\nmax_recipients\t' || g.max_recipients || E'\nrecipient_cap\t' || (g.recipient_cap_share * 10000)::integer || ' '
  || g.recipient_cap_mode || E'\nexpiry_months\t' || COALESCE(g.expiry_months::text, '') || E'\nleaver_grace_days\t'
  || g.leaver_grace_days || E'\npoint_value\t' || (g.point_value * 10000)::bigint || ' ' || g.currency || E'\nprivate_allowed\t'
  || g.private_allowed::text || E'\ngivers\t' || g.givers || E'\nfree_thanks_a_day\t' || g.free_thanks_a_day
  || E'\nseparation_of_duties\t' || g.separation_of_duties::text || E'\nprivate_on_boards\t' || g.private_on_boards::text
  || CASE g.allowance_by_role WHEN '{}' THEN E'\n' ELSE '' END
UNION ALL
(
  -- People, by what the log last said of what decides what they may do; who has lost words is passed over.
  WITH said AS (
    SELECT DISTINCT ON (e.subject, split_part(line, E'\t', 1)) e.subject, split_part(line, E'\t', 1) AS name,
           substr(line, strpos(line, E'\t') + 1) AS value
    FROM entries e
    JOIN entry_texts t ON t.org_id = e.org_id AND t.position = e.position
    CROSS JOIN LATERAL regexp_split_to_table(rtrim(t.text, E'\n'), E'\n') AS line
    WHERE e.org_id = $1::integer AND e.kind IN ('person_created', 'person_changed')
    ORDER BY e.subject, split_part(line, E'\t', 1), e.position DESC
  ), erased AS (
    SELECT DISTINCT e.subject FROM entries e
    WHERE e.org_id = $1::integer AND e.kind IN ('person_created', 'person_changed')
      AND NOT EXISTS (SELECT FROM entry_texts t WHERE t.org_id = e.org_id AND t.position = e.position)
  )
  SELECT p.position, 'the ' || v.name || ' of ' || p.handle || ' is not what the log says'
  FROM people p
  CROSS JOIN LATERAL (VALUES
    ('handle', p.handle), ('manager', p.manager_id::text),
    ('roles', (SELECT string_agg(role, ' ' ORDER BY role COLLATE "C") FROM unnest(p.roles) AS role)),
    ('joined', (p.joined - DATE '1970-01-01')::text), ('active', p.active::text),
    ('leaderboard_opt_out', p.leaderboard_opt_out::text), ('allowance_points', p.allowance_points::text)
  ) AS v (name, value)
  LEFT JOIN said s ON s.subject = p.person_id AND s.name = v.name
  WHERE p.org_id = $1::integer AND p.person_id NOT IN (SELECT subject FROM erased)
    AND COALESCE(v.value, '') <> COALESCE(s.value, CASE v.name WHEN 'leaderboard_opt_out' THEN 'false' ELSE '' END)
)
LIMIT 100

-- What people call whom and what findings name by ids: of those among $2.
-- name: verify_names
SELECT person_id, '@' || handle FROM people WHERE org_id = $1::integer AND person_id = ANY ($2::uuid[])
UNION ALL
SELECT budget_id, 'the budget ' || name FROM budgets WHERE org_id = $1::integer AND budget_id = ANY ($2::uuid[])
UNION ALL
SELECT reward_id, 'the reward ' || sku FROM rewards WHERE org_id = $1::integer AND reward_id = ANY ($2::uuid[])
