-- What finance exports. Read page by page up to a stated position: what stands there no longer changes.

-- Bounds of an export: days ($2, $3) are whole and inclusive in the organisation's zone, instants ($4, $5) include the first and
-- exclude the last; and the position that it ends at.
-- name: export_bounds
SELECT COALESCE(day_start($2::date, o.time_zone), $4::timestamptz, TIMESTAMPTZ '0001-01-01Z'),
       COALESCE(day_start($3::date + 1, o.time_zone), $5::timestamptz, TIMESTAMPTZ '9999-12-31Z'), h.position,
       h.hash
FROM organizations o
JOIN ledger_heads h ON h.org_id = o.org_id
WHERE o.org_id = $1::integer

-- Changes of redemptions after the position $2 and up to $3.
-- name: export_redemptions
SELECT e.position, e.recorded_at, to_char(day_of(e.recorded_at, o.time_zone)::timestamp, 'YYYY-MM'), r.redemption_id,
       substr(e.kind, 12), r.person_id, r.person_handle, r.person_name, r.department, r.cost_centre, r.reward_sku,
       r.reward_name, r.quantity,
       CASE e.kind WHEN 'redemption_fulfilled' THEN -1 WHEN 'redemption_refunded' THEN 1 ELSE 0 END, r.points, r.unit_cost,
       r.currency, r.taxable, r.budget_sources, e.hash
FROM organizations o
JOIN entries e ON e.org_id = o.org_id
JOIN redemptions r ON r.org_id = e.org_id AND r.redemption_id = e.subject
WHERE o.org_id = $1::integer AND e.position > $2::bigint AND e.position <= $3::bigint
  AND e.kind IN ('redemption_requested', 'redemption_approved', 'redemption_declined', 'redemption_cancelled',
                 'redemption_fulfilled', 'redemption_refunded')
  AND e.recorded_at >= $4::timestamptz AND e.recorded_at < $5::timestamptz
ORDER BY e.position
LIMIT $6::integer
