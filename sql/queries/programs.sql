-- The programme's rules, and what they have to do with people.

-- name: program
SELECT p.version, p.allowance_points, p.allowance_period, p.allowance_by_role::text, p.max_points, p.max_recipients,
       (p.recipient_cap_share * 10000)::integer, p.recipient_cap_mode, p.expiry_months, p.leaver_grace_days,
       (p.point_value * 10000)::bigint, p.currency, p.private_allowed, p.givers, p.free_thanks_a_day,
       p.separation_of_duties, p.private_on_boards
FROM programs p WHERE p.org_id = $1::integer ORDER BY p.version DESC LIMIT 1

-- Who gave one recipient more than the cap in the allowance period of the day $2, by the present rules.
-- name: cap_warnings
SELECT g.person_id, g.handle, g.name, p.person_id, p.handle, p.name, s.points, cap.points, period.first_day
FROM organizations o
CROSS JOIN LATERAL (SELECT * FROM programs x WHERE x.org_id = o.org_id ORDER BY x.version DESC LIMIT 1) r
JOIN ledger_heads h ON h.org_id = o.org_id
CROSS JOIN LATERAL (
  SELECT date_trunc(r.allowance_period, COALESCE($2::date, day_of(GREATEST(now(), h.recorded_at), o.time_zone))::timestamp)::date
    AS first_day OFFSET 0
) local
CROSS JOIN LATERAL (
  SELECT local.first_day, day_start(local.first_day, o.time_zone) AS since,
         day_start(period_after(local.first_day, r.allowance_period), o.time_zone) AS until OFFSET 0
) period
CROSS JOIN LATERAL (
  SELECT x.giver, x.recipient, sum(x.points)::bigint AS points
  FROM (
    SELECT r.giver, rr.person_id AS recipient, r.points, r.position
    FROM recognitions r
    JOIN recognition_recipients rr ON rr.org_id = r.org_id AND rr.position = r.position
    WHERE r.org_id = o.org_id AND r.points > 0 AND r.occurred_at >= period.since AND r.occurred_at < period.until
      AND EXISTS (SELECT FROM postings d WHERE d.org_id = r.org_id AND d.position = r.position AND d.account = 'allowance')
    UNION ALL
    SELECT b.giver, rr.person_id, b.points, b.position
    FROM boosts b
    JOIN recognition_recipients rr ON rr.org_id = b.org_id AND rr.position = b.recognition_position
    WHERE b.org_id = o.org_id AND b.occurred_at >= period.since AND b.occurred_at < period.until
  ) x
  WHERE NOT EXISTS (SELECT FROM reversals v WHERE v.org_id = o.org_id AND v.reversed_position = x.position)
  GROUP BY x.giver, x.recipient
) s
JOIN people g ON g.org_id = o.org_id AND g.person_id = s.giver
JOIN people p ON p.org_id = o.org_id AND p.person_id = s.recipient
CROSS JOIN LATERAL (
  SELECT floor(r.recipient_cap_share * COALESCE(
    g.allowance_points,
    group_allowance(r.allowance_by_role, g.roles, r.allowance_by_role ? 'manager' AND has_reports(g.org_id, g.person_id)),
    r.allowance_points))::bigint AS points
) cap
WHERE o.org_id = $1::integer AND r.recipient_cap_mode <> 'off' AND s.points > cap.points
ORDER BY s.points DESC, g.handle, p.handle
LIMIT 1000

-- An earning, an adjustment or a top-up.
-- name: correction
SELECT entry_id, kind, person_id, handle, name, points, reason, source, recorded_at, position, is_reversed, by_id, by_handle, by_name
FROM corrections WHERE org_id = $1::integer AND entry_id = $2::uuid

-- Of the kind $2, newest first, before the position $3; bounds as in the feed, by recorded_at. As in the feed, the page is found by
-- its keys alone.
-- name: corrections
WITH bounds AS MATERIALIZED (
  SELECT position_before(o.org_id, COALESCE(day_start($4::date, o.time_zone), $6::timestamptz, '-infinity')) AS after_position,
         position_before(o.org_id, COALESCE(day_start($5::date + 1, o.time_zone), $7::timestamptz, 'infinity')) AS last_position
  FROM organizations o WHERE o.org_id = $1::integer
), page AS (
  SELECT e.org_id, e.position FROM entries e
  WHERE e.org_id = $1::integer AND e.kind = $2::text AND e.kind IN ('earning', 'adjustment')
    AND e.position < $3::bigint
    AND e.position > (SELECT after_position FROM bounds) AND e.position <= (SELECT last_position FROM bounds)
  ORDER BY e.position DESC
  LIMIT $8::integer
)
SELECT c.entry_id, c.kind, c.person_id, c.handle, c.name, c.points, c.reason, c.source, c.recorded_at, c.position, c.is_reversed,
       c.by_id, c.by_handle, c.by_name
FROM page
CROSS JOIN LATERAL (SELECT * FROM corrections c WHERE c.org_id = page.org_id AND c.position = page.position LIMIT 1) c
ORDER BY page.position DESC

-- The same of the person $8.
-- name: corrections_of
WITH bounds AS MATERIALIZED (
  SELECT position_before(o.org_id, COALESCE(day_start($4::date, o.time_zone), $6::timestamptz, '-infinity')) AS after_position,
         position_before(o.org_id, COALESCE(day_start($5::date + 1, o.time_zone), $7::timestamptz, 'infinity')) AS last_position
  FROM organizations o WHERE o.org_id = $1::integer
), page AS (
  SELECT e.org_id, e.position FROM entries e
  WHERE e.org_id = $1::integer AND e.kind = $2::text AND e.kind IN ('earning', 'adjustment')
    AND e.position < $3::bigint AND e.subject = $8::uuid
    AND e.position > (SELECT after_position FROM bounds) AND e.position <= (SELECT last_position FROM bounds)
  ORDER BY e.position DESC
  LIMIT $9::integer
)
SELECT c.entry_id, c.kind, c.person_id, c.handle, c.name, c.points, c.reason, c.source, c.recorded_at, c.position, c.is_reversed,
       c.by_id, c.by_handle, c.by_name
FROM page
CROSS JOIN LATERAL (SELECT * FROM corrections c WHERE c.org_id = page.org_id AND c.position = page.position LIMIT 1) c
ORDER BY page.position DESC

-- What is due in organisation $1: people some of whose points have run out, leavers whose grace is over and who have points, and
-- budgets with something left after their period.
-- name: due
WITH today AS MATERIALIZED (
  SELECT o.org_id,
         day_of(GREATEST(now(), h.recorded_at), o.time_zone) AS day,
         (SELECT g.leaver_grace_days FROM programs g WHERE g.org_id = o.org_id ORDER BY g.version DESC LIMIT 1) AS grace
  FROM organizations o
  JOIN ledger_heads h ON h.org_id = o.org_id
  WHERE o.org_id = $1::integer
)
(SELECT DISTINCT 'points', x.person_id FROM today t
 JOIN expiring_lots x ON x.org_id = t.org_id AND x.expires_on < t.day AND x.remaining > 0 LIMIT 1000)
UNION
(SELECT 'points', p.person_id FROM today t
 JOIN people p ON p.org_id = t.org_id AND p.left_on < t.day - t.grace
 WHERE EXISTS (SELECT FROM accounts a WHERE a.org_id = p.org_id AND a.account = 'points' AND a.owner = p.person_id
               AND a.balance > 0) LIMIT 1000)
UNION ALL
(SELECT 'budget', b.budget_id FROM today t
 JOIN budgets b ON b.org_id = t.org_id AND b.ends_on < t.day
 WHERE EXISTS (SELECT FROM accounts a WHERE a.org_id = b.org_id AND a.account = 'budget' AND a.owner = b.budget_id
               AND a.balance > 0) LIMIT 1000)

-- Where every organisation's log ends: what an operator notes elsewhere, so that nobody can rewrite history unseen.
-- name: heads
SELECT h.org_id, o.slug, h.position, h.hash FROM ledger_heads h JOIN organizations o ON o.org_id = h.org_id ORDER BY h.org_id
