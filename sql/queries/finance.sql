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

-- Changes of redemptions after the position $2 and up to $3. Who decided is called as they were then, so that the lines stay what they
-- are; nobody decided what the redeemer did, nor the fulfilment of an instant reward.
-- name: export_redemptions
SELECT e.position, e.recorded_at, to_char(day_of(e.recorded_at, o.time_zone)::timestamp, 'YYYY-MM'), r.redemption_id,
       substr(e.kind, 12), r.person_id, r.person_handle, r.person_name, r.department, r.cost_centre, r.reward_sku,
       r.reward_name, r.quantity,
       CASE e.kind WHEN 'redemption_fulfilled' THEN -1 WHEN 'redemption_refunded' THEN 1 ELSE 0 END, r.points, r.unit_cost,
       r.currency, r.taxable, sources.kinds, sources.budgets, sources.names, sources.taxable, sources.points, e.hash,
       decider.handle, CASE WHEN e.kind <> 'redemption_requested' THEN t.text END,
       to_char(local_time(e.recorded_at, o.time_zone), 'YYYY-MM-DD HH24:MI:SS')
FROM organizations o
JOIN entries e ON e.org_id = o.org_id
JOIN redemptions r ON r.org_id = e.org_id AND r.redemption_id = e.subject
LEFT JOIN entry_texts t ON t.org_id = e.org_id AND t.position = e.position
CROSS JOIN LATERAL (
  SELECT array_agg(x.kind ORDER BY x.line) AS kinds,
         array_agg(COALESCE(x.budget_id, '00000000-0000-0000-0000-000000000000') ORDER BY x.line) AS budgets,
         array_agg(COALESCE(x.name, '') ORDER BY x.line) AS names, array_agg(x.taxable::integer::bigint ORDER BY x.line) AS taxable,
         array_agg(x.points ORDER BY x.line) AS points
  FROM redemption_sources x WHERE x.org_id = r.org_id AND x.position = r.position
) sources
-- The first line of what was recorded of somebody is their handle, where that is what changed.
LEFT JOIN LATERAL (
  SELECT substr(split_part(x.text, E'\n', 1), length('handle') + 2) AS handle
  FROM entries h
  JOIN entry_texts x ON x.org_id = h.org_id AND x.position = h.position
  WHERE h.org_id = e.org_id AND h.subject = e.actor AND h.position <= e.position
    AND h.kind IN ('person_created', 'person_changed') AND starts_with(x.text, E'handle\t')
  ORDER BY h.position DESC LIMIT 1
) decider ON e.kind <> 'redemption_requested'
  AND NOT (e.kind = 'redemption_cancelled' AND e.actor = r.person_id)
  AND NOT (r.first_state = 'fulfilled' AND e.position = r.position + 1)
WHERE o.org_id = $1::integer AND e.position > $2::bigint AND e.position <= $3::bigint
  AND e.kind IN ('redemption_requested', 'redemption_approved', 'redemption_declined', 'redemption_cancelled',
                 'redemption_fulfilled', 'redemption_refunded')
  AND e.recorded_at >= $4::timestamptz AND e.recorded_at < $5::timestamptz
ORDER BY e.position
LIMIT $6::integer
