-- What somebody had once the entry at the position $3 was recorded, or at the time $4, or has now where neither is given: what
-- `person_balances` showed then, found in the log. Nothing before they were there. Last, whether that is still to come.
-- Like there, an allowance of an earlier period counts as reset, and what ran out no longer counts, recorded or not.
-- name: balances_as_of
WITH moment AS MATERIALIZED (
  SELECT o.org_id, o.time_zone, asked.position, COALESCE(e.recorded_at, asked.at) AS at,
         COALESCE(asked.position > h.position OR asked.at > clock.now, false) AS is_to_come
  FROM organizations o
  JOIN ledger_heads h ON h.org_id = o.org_id
  CROSS JOIN LATERAL (SELECT GREATEST(now(), h.recorded_at) AS now) clock
  CROSS JOIN LATERAL (
    SELECT COALESCE($3::bigint, position_by(o.org_id, $4::timestamptz), h.position) AS position,
           CASE WHEN $3::bigint IS NULL THEN COALESCE($4::timestamptz, clock.now) END AS at
  ) asked
  -- Of a position, the time is that of its entry.
  LEFT JOIN entries e ON e.org_id = o.org_id AND e.position = $3::bigint
  WHERE o.org_id = $1::integer
), today AS MATERIALIZED (
  SELECT m.*, day_of(m.at, m.time_zone) AS day FROM moment m
), rules AS MATERIALIZED (
  SELECT g.*, t.day, date_trunc(g.allowance_period, t.day::timestamp)::date AS first_day
  FROM today t
  CROSS JOIN LATERAL (
    SELECT * FROM programs g WHERE g.org_id = t.org_id AND g.position <= t.position ORDER BY g.version DESC LIMIT 1
  ) g
), person AS MATERIALIZED (
  -- Who they were then, by the last that the log had said of them; what was erased is taken to have been as it is.
  SELECT p.person_id, COALESCE(said.allowance_points, CASE WHEN said.is_erased THEN p.allowance_points::text END) AS allowance_points,
         COALESCE(string_to_array(said.roles, ' '), CASE WHEN said.is_erased THEN p.roles END) AS roles
  FROM moment m
  JOIN people p ON p.org_id = m.org_id AND p.person_id = $2::uuid
  CROSS JOIN LATERAL (
    SELECT bool_or(t.text IS NULL) AS is_erased, count(*) AS count,
           (array_agg(line.roles ORDER BY e.position DESC) FILTER (WHERE line.roles IS NOT NULL))[1] AS roles,
           (array_agg(line.allowance_points ORDER BY e.position DESC) FILTER (WHERE line.allowance_points IS NOT NULL))[1]
             AS allowance_points
    FROM entries e
    LEFT JOIN entry_texts t ON t.org_id = e.org_id AND t.position = e.position
    CROSS JOIN LATERAL (
      SELECT substring(t.text FROM '(?n)^roles\t(.*)$') AS roles,
             substring(t.text FROM '(?n)^allowance_points\t(.*)$') AS allowance_points
    ) line
    WHERE e.org_id = m.org_id AND e.subject = p.person_id AND e.position <= m.position
      AND e.kind IN ('person_created', 'person_changed')
  ) said
  WHERE said.count > 0
), reset AS MATERIALIZED (
  SELECT date_trunc(g.allowance_period, day_of(e.recorded_at, m.time_zone)::timestamp)::date AS first_day
  FROM moment m
  JOIN entries e ON e.org_id = m.org_id AND e.subject = $2::uuid AND e.position <= m.position AND e.kind = 'allowance_reset'
  JOIN programs g ON g.org_id = e.org_id AND g.version = e.program_version
  ORDER BY e.position DESC LIMIT 1
)
SELECT m.position, m.at,
       CASE WHEN person.person_id IS NULL THEN 0
            WHEN reset.first_day >= rules.first_day THEN COALESCE(allowance.balance_after, 0)
            ELSE COALESCE(NULLIF(person.allowance_points, '')::bigint,
                          group_allowance(rules.allowance_by_role, person.roles,
                                          managed.is_manager),
                          rules.allowance_points)
                 + LEAST(COALESCE(allowance.balance_after, 0), COALESCE(carried.points, 0))
       END::bigint,
       COALESCE(points.balance_after, 0) - COALESCE(due.points, 0), COALESCE(held.balance_after, 0), m.is_to_come
FROM moment m
LEFT JOIN rules ON true
LEFT JOIN person ON true
LEFT JOIN reset ON true
LEFT JOIN LATERAL (
  SELECT x.balance_after FROM postings x
  WHERE x.org_id = m.org_id AND x.owner = $2::uuid AND x.position <= m.position AND x.account = 'allowance'
  ORDER BY x.position DESC, x.line DESC LIMIT 1
) allowance ON true
LEFT JOIN LATERAL (
  SELECT x.balance_after FROM postings x
  WHERE x.org_id = m.org_id AND x.owner = $2::uuid AND x.position <= m.position AND x.account = 'points'
  ORDER BY x.position DESC, x.line DESC LIMIT 1
) points ON true
LEFT JOIN LATERAL (
  SELECT x.balance_after FROM postings x
  WHERE x.org_id = m.org_id AND x.owner = $2::uuid AND x.position <= m.position AND x.account = 'held'
  ORDER BY x.position DESC, x.line DESC LIMIT 1
) held ON true
-- Whether anybody reported to them then, where that matters.
LEFT JOIN LATERAL (
  SELECT rules.allowance_by_role ? 'manager' AND EXISTS (
    SELECT FROM people r
    CROSS JOIN LATERAL (
      SELECT bool_or(t.text IS NULL) AS is_erased,
             (array_agg(line.manager ORDER BY e.position DESC) FILTER (WHERE line.manager IS NOT NULL))[1] AS manager
      FROM entries e
      LEFT JOIN entry_texts t ON t.org_id = e.org_id AND t.position = e.position
      CROSS JOIN LATERAL (SELECT substring(t.text FROM '(?n)^manager\t(.*)$') AS manager) line
      WHERE e.org_id = r.org_id AND e.subject = r.person_id AND e.position <= m.position
        AND e.kind IN ('person_created', 'person_changed')
    ) said
    WHERE r.org_id = m.org_id AND COALESCE(said.manager, CASE WHEN said.is_erased THEN r.manager_id::text END) = $2::uuid::text
  ) AS is_manager
) managed ON true
-- What top-ups had brought and had stayed. Each one adds to it, and each reset makes it the smaller one of itself and what was left:
-- so it is the least of what was left at any reset with what later ones brought. The first reset comes before everything.
LEFT JOIN LATERAL (
  SELECT min(step.points) AS points
  FROM (
    SELECT step.is_reset, step.points + COALESCE(sum(step.points) FILTER (WHERE NOT step.is_reset)
             OVER (ORDER BY step.position DESC), 0) AS points
    FROM (
      SELECT e.position, e.kind = 'allowance_reset' AS is_reset, CASE e.kind
        WHEN 'allowance_topped_up' THEN (
          SELECT sum(x.amount) FROM postings x
          WHERE x.org_id = e.org_id AND x.position = e.position AND x.account = 'allowance')
        ELSE COALESCE((
          SELECT x.balance_after FROM postings x
          WHERE x.org_id = e.org_id AND x.owner = $2::uuid AND x.position < e.position AND x.account = 'allowance'
          ORDER BY x.position DESC, x.line DESC LIMIT 1), 0)
        END AS points
      FROM entries e
      WHERE e.org_id = m.org_id AND e.subject = $2::uuid AND e.position <= m.position
        AND e.kind IN ('allowance_reset', 'allowance_topped_up')
    ) step
  ) step
  WHERE step.is_reset
) carried ON NOT COALESCE(reset.first_day >= rules.first_day, false)
-- What had run out and was not recorded yet: it is still there, or the next entry that takes what ran out takes it.
LEFT JOIN LATERAL (
  SELECT sum(lot.amount - COALESCE((
           SELECT sum(u.amount) FROM lot_uses u
           WHERE u.org_id = x.org_id AND u.lot_position = x.position AND u.lot_line = x.line AND u.position <= m.position), 0)
         )::bigint AS points
  FROM (
    SELECT l.org_id, l.position, l.line, l.expires_on FROM expiring_lots l
    WHERE l.org_id = m.org_id AND l.person_id = $2::uuid AND l.expires_on < rules.day AND l.remaining > 0
    UNION
    SELECT l.org_id, l.position, l.line, l.expires_on
    FROM (
      SELECT e.position FROM entries e
      WHERE e.org_id = m.org_id AND e.subject = $2::uuid AND e.position > m.position AND e.kind = 'points_expired'
      ORDER BY e.position LIMIT 1
    ) next
    JOIN lot_uses u ON u.org_id = m.org_id AND u.position = next.position
    JOIN expiring_lots l ON l.org_id = u.org_id AND l.position = u.lot_position AND l.line = u.lot_line
      AND l.expires_on < rules.day
  ) x
  JOIN postings lot ON lot.org_id = x.org_id AND lot.position = x.position AND lot.line = x.line
  WHERE x.position <= m.position
) due ON true
