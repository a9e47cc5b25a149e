-- What the handlers read. Each is one statement: one round trip a request, behind the one that authenticates.

-- Whose key this is, if it works now.
-- name: authenticate
SELECT p.person_id, p.handle, p.name, p.roles, k.key_id
FROM api_keys k
JOIN people p ON p.org_id = k.org_id AND p.person_id = k.person_id
WHERE k.org_id = $1::integer AND k.digest = $2::bytea AND k.revoked_at IS NULL
  AND (k.expires_at IS NULL OR k.expires_at > now()) AND p.active

-- The whole answer of /v1/me in one round trip, authentication included. An allowance of an earlier period counts as
-- reset: the entry that says so is written with its first debit.
-- name: me
SELECT p.person_id, p.handle, p.name, p.roles, p.email, p.team,
       CASE WHEN a.period_start = period.first_day THEN a.balance
            ELSE COALESCE((SELECT max(value::bigint) FROM jsonb_each_text(g.allowance_by_role) WHERE key = ANY (p.roles)),
                          g.allowance_points) END,
       COALESCE(points.balance, 0), 0::bigint,
       (period.first_day + CASE g.allowance_period
          WHEN 'week' THEN INTERVAL '7 days' WHEN 'month' THEN INTERVAL '1 month' ELSE INTERVAL '3 months' END)
         AT TIME ZONE o.time_zone
FROM api_keys k
JOIN people p ON p.org_id = k.org_id AND p.person_id = k.person_id
JOIN organizations o ON o.org_id = k.org_id
CROSS JOIN LATERAL (SELECT * FROM programs g WHERE g.org_id = k.org_id ORDER BY g.version DESC LIMIT 1) g
CROSS JOIN LATERAL (SELECT date_trunc(g.allowance_period, now() AT TIME ZONE o.time_zone)::date AS first_day) period
LEFT JOIN accounts a ON a.org_id = p.org_id AND a.account = 'allowance' AND a.owner = p.person_id
LEFT JOIN accounts points ON points.org_id = p.org_id AND points.account = 'points' AND points.owner = p.person_id
WHERE k.org_id = $1::integer AND k.digest = $2::bytea AND k.revoked_at IS NULL
  AND (k.expires_at IS NULL OR k.expires_at > now()) AND p.active
