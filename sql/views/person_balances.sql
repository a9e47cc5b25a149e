-- What everybody has now. An allowance of an earlier period counts as reset, although the entry that says so is written only
-- with its first debit.
DROP VIEW IF EXISTS person_balances;
CREATE VIEW person_balances AS
SELECT p.org_id, p.person_id,
       CASE WHEN allowance.period_start = period.first_day THEN allowance.balance
            ELSE COALESCE((SELECT max(amount::bigint) FROM jsonb_each_text(g.allowance_by_role) AS by_role (role, amount)
                           WHERE role = ANY (p.roles)),
                          g.allowance_points)
       END AS allowance,
       COALESCE(points.balance, 0) AS points,
       COALESCE(held.balance, 0) AS held,
       (period.first_day + CASE g.allowance_period WHEN 'week' THEN INTERVAL '7 days' WHEN 'month' THEN INTERVAL '1 month'
                           ELSE INTERVAL '3 months' END) AT TIME ZONE o.time_zone AS allowance_resets_at
FROM people p
JOIN organizations o ON o.org_id = p.org_id
CROSS JOIN LATERAL (SELECT * FROM programs g WHERE g.org_id = p.org_id ORDER BY g.version DESC LIMIT 1) g
CROSS JOIN LATERAL (SELECT date_trunc(g.allowance_period, now() AT TIME ZONE o.time_zone)::date AS first_day) period
LEFT JOIN accounts allowance
  ON allowance.org_id = p.org_id AND allowance.account = 'allowance' AND allowance.owner = p.person_id
LEFT JOIN accounts points
  ON points.org_id = p.org_id AND points.account = 'points' AND points.owner = p.person_id
LEFT JOIN accounts held ON held.org_id = p.org_id AND held.account = 'held' AND held.owner = p.person_id;
