-- What everybody has now. An allowance of an earlier period counts as reset, although the entry that says so is written only
-- with its first change; points whose last day has passed no longer count, although the entry that says so comes later. A clock
-- that was set back does not bring an earlier day back: the log's time never goes back.
DROP VIEW IF EXISTS person_balances;
CREATE VIEW person_balances AS
SELECT p.org_id, p.person_id,
       -- What /v1/me shows besides: taken along, since one table more to look into costs it more than these columns.
       p.handle, p.name, p.roles, p.email, p.team, p.manager_id, p.active, p.left_on,
       o.slug AS organization_slug, o.name AS organization_name,
       zone_at(GREATEST(now(), head.recorded_at), o.time_zone) AS organization_time_zone,
       CASE WHEN own.period_start >= period.first_day THEN own.allowance
            ELSE COALESCE(p.allowance_points,
                          group_allowance(g.allowance_by_role, p.roles,
                                          g.allowance_by_role ? 'manager' AND has_reports(p.org_id, p.person_id)),
                          g.allowance_points) + COALESCE(LEAST(own.carried, own.allowance), 0)
       END AS allowance,
       COALESCE(own.points, 0) - COALESCE(due.points, 0) AS points,
       COALESCE(own.held, 0) AS held,
       day_start(period_after(period.first_day, g.allowance_period), o.time_zone) AS allowance_resets_at,
       -- The end of the last day on which the next points to run out can be used, and how many they are.
       day_start(next.expires_on + 1, o.time_zone) AS next_expiry_on,
       next.points AS next_expiry_points
FROM people p
JOIN organizations o ON o.org_id = p.org_id
CROSS JOIN LATERAL (SELECT * FROM programs g WHERE g.org_id = p.org_id ORDER BY g.version DESC LIMIT 1) g
CROSS JOIN LATERAL (SELECT recorded_at FROM ledger_heads h WHERE h.org_id = p.org_id LIMIT 1) head
CROSS JOIN LATERAL (SELECT day_of(GREATEST(now(), head.recorded_at), o.time_zone) AS day OFFSET 0) today
CROSS JOIN LATERAL (SELECT date_trunc(g.allowance_period, today.day::timestamp)::date AS first_day) period
-- By the whole key of each of the three accounts, in one go: a table more to look into costs as much as a look.
CROSS JOIN LATERAL (
  SELECT max(a.balance) FILTER (WHERE a.account = 'allowance') AS allowance, max(a.period_start) AS period_start,
         max(a.carried) AS carried, max(a.balance) FILTER (WHERE a.account = 'points') AS points,
         max(a.balance) FILTER (WHERE a.account = 'held') AS held
  FROM accounts a WHERE a.org_id = p.org_id AND a.account IN ('allowance', 'points', 'held') AND a.owner = p.person_id
) own
LEFT JOIN LATERAL (
  SELECT sum(x.remaining)::bigint AS points FROM expiring_lots x
  WHERE x.org_id = p.org_id AND x.person_id = p.person_id AND x.expires_on < today.day AND x.remaining > 0
) due ON true
LEFT JOIN LATERAL (
  SELECT x.expires_on, sum(x.remaining)::bigint AS points FROM expiring_lots x
  WHERE x.org_id = p.org_id AND x.person_id = p.person_id AND x.expires_on >= today.day AND x.remaining > 0
  GROUP BY x.expires_on ORDER BY x.expires_on LIMIT 1
) next ON true;
