-- What happened to somebody, and whom else an entry concerns.

-- Rows of the index by person; see the migration that made it.
-- name: insert_notices
INSERT INTO notices (org_id, person_id, position)
SELECT * FROM unnest($1::integer[], $2::uuid[], $3::bigint[])

-- What happened to person $2, newest first, before the position $3. Both indexes are walked from their ends and for one page
-- at most, so it costs the same for whoever was thanked ten times or a hundred thousand times. The words are those of the
-- recognition or the award; whoever approved an award did not award it.
-- name: notifications
WITH page AS MATERIALIZED (
  SELECT x.position, x.is_recipient
  FROM (
    (SELECT r.position, true AS is_recipient FROM recognition_recipients r
     WHERE r.org_id = $1::integer AND r.person_id = $2::uuid AND r.position < $3::bigint
     ORDER BY r.position DESC LIMIT $4::integer)
    UNION ALL
    (SELECT n.position, false FROM notices n
     WHERE n.org_id = $1::integer AND n.person_id = $2::uuid AND n.position < $3::bigint
     ORDER BY n.position DESC LIMIT $4::integer)
  ) x
  ORDER BY x.position DESC
  LIMIT $4::integer
)
SELECT e.position, e.entry_id, e.occurred_at,
       CASE WHEN page.is_recipient THEN 'thanked'
            WHEN e.kind = 'recognition' THEN 'mentioned'
            WHEN e.kind IN ('award_granted', 'award_approved') THEN 'awarded'
            WHEN e.kind = 'boost' THEN 'boosted'
            ELSE e.kind END,
       p.person_id, p.handle, p.name,
       CASE WHEN e.kind = 'recognition' THEN e.entry_id ELSE e.subject END,
       CASE WHEN d.points IS NOT NULL THEN d.points
            WHEN page.is_recipient OR e.kind <> 'recognition' THEN COALESCE(credit.amount, 0) END,
       t.text, d.reward_name
FROM page
JOIN entries e ON e.org_id = $1::integer AND e.position = page.position
LEFT JOIN LATERAL (
  SELECT a.position, a.giver FROM awards a WHERE a.org_id = e.org_id AND a.award_id = e.subject LIMIT 1
) a ON e.kind IN ('award_granted', 'award_approved')
LEFT JOIN LATERAL (
  SELECT r.points, r.reward_name FROM redemptions r WHERE r.org_id = e.org_id AND r.redemption_id = e.subject LIMIT 1
) d ON NOT page.is_recipient
LEFT JOIN LATERAL (
  SELECT x.amount FROM postings x
  WHERE x.org_id = e.org_id AND x.owner = $2::uuid AND x.position = e.position AND x.account = 'points' LIMIT 1
) credit ON true
LEFT JOIN LATERAL (
  SELECT t.text FROM entry_texts t WHERE t.org_id = e.org_id AND t.position = COALESCE(a.position, e.position) LIMIT 1
) t ON true
LEFT JOIN LATERAL (
  SELECT p.person_id, p.handle, p.name FROM people p
  WHERE p.org_id = e.org_id AND p.person_id = COALESCE(a.giver, e.actor) LIMIT 1
) p ON true
ORDER BY page.position DESC
