-- What happened to somebody, and whom else an entry concerns.

-- Rows of the index by person; see the migration that made it.
-- name: insert_notices
INSERT INTO notices (org_id, person_id, position)
SELECT * FROM unnest($1::integer[], $2::uuid[], $3::bigint[])

-- What happened to person $2, newest first, before the position $3; of finance ($5), what others ask that waits for approval, too.
-- Each index is walked from its end and for one page at most, so it costs the same for whoever was thanked ten times or a hundred
-- thousand times. The words are those of the recognition or the award, the note of what waits, or the reason of a decision; whoever
-- approved an award did not award it.
-- name: notifications
WITH page AS MATERIALIZED (
  SELECT x.position, x.role
  FROM (
    (SELECT r.position, 'recipient' AS role FROM recognition_recipients r
     WHERE r.org_id = $1::integer AND r.person_id = $2::uuid AND r.position < $3::bigint
     ORDER BY r.position DESC LIMIT $4::integer)
    UNION ALL
    (SELECT n.position, 'concerned' FROM notices n
     WHERE n.org_id = $1::integer AND n.person_id = $2::uuid AND n.position < $3::bigint
     ORDER BY n.position DESC LIMIT $4::integer)
    UNION ALL
    (SELECT d.position, 'approver' FROM redemptions d
     WHERE $5::boolean AND d.org_id = $1::integer AND d.first_state = 'pending_approval' AND d.position < $3::bigint
       AND d.person_id <> $2::uuid
     ORDER BY d.position DESC LIMIT $4::integer)
    UNION ALL
    (SELECT a.position, 'approver' FROM awards a
     WHERE $5::boolean AND a.org_id = $1::integer AND (a.state <> 'granted' OR a.state_position <> a.position)
       AND a.position < $3::bigint AND a.giver <> $2::uuid AND $2::uuid <> ALL (a.recipients)
     ORDER BY a.position DESC LIMIT $4::integer)
  ) x
  ORDER BY x.position DESC
  LIMIT $4::integer
)
SELECT e.position, e.entry_id, e.occurred_at, said.kind, p.person_id, p.handle, p.name,
       CASE WHEN d.redemption_id IS NOT NULL THEN 'redemption' WHEN a.award_id IS NOT NULL THEN 'award'
            WHEN origin.kind = 'earning' THEN 'earning' ELSE 'recognition' END,
       CASE WHEN e.kind = 'recognition' THEN e.entry_id ELSE e.subject END, d.reward_name,
       CASE WHEN said.kind = 'approval_waiting' THEN COALESCE(d.state, a.state) END,
       CASE WHEN said.kind = 'mentioned' THEN NULL
            WHEN said.kind = 'taken_back' THEN -moved.amount
            WHEN d.redemption_id IS NOT NULL THEN d.points
            WHEN said.kind IN ('approval_waiting', 'award_approved', 'award_declined') THEN a.points * cardinality(a.recipients)
            ELSE COALESCE(moved.amount, 0) END,
       t.text, EXISTS (SELECT FROM reversals v WHERE v.org_id = e.org_id AND v.reversed_position = e.position)
FROM page
JOIN entries e ON e.org_id = $1::integer AND e.position = page.position
LEFT JOIN LATERAL (
  SELECT a.award_id, a.position, a.giver, a.points, a.recipients, a.state
  FROM awards a WHERE a.org_id = e.org_id AND a.award_id = e.subject LIMIT 1
) a ON e.kind IN ('award_granted', 'award_requested', 'award_approved', 'award_declined', 'reversal')
LEFT JOIN LATERAL (
  SELECT r.redemption_id, r.points, r.reward_name, r.state
  FROM redemptions r WHERE r.org_id = e.org_id AND r.redemption_id = e.subject LIMIT 1
) d ON page.role <> 'recipient'
LEFT JOIN LATERAL (
  SELECT o.position, o.kind FROM reversals v
  JOIN entries o ON o.org_id = v.org_id AND o.position = v.reversed_position
  WHERE v.org_id = e.org_id AND v.position = e.position ORDER BY v.reversed_position LIMIT 1
) origin ON e.kind = 'reversal'
CROSS JOIN LATERAL (
  SELECT CASE WHEN page.role = 'recipient' THEN 'thanked'
              WHEN page.role = 'approver' THEN 'approval_waiting'
              WHEN e.kind = 'recognition' THEN 'mentioned'
              WHEN e.kind = 'reversal' THEN 'taken_back'
              WHEN e.kind = 'boost' THEN 'boosted'
              WHEN e.kind = 'award_granted' OR e.kind = 'award_approved' AND $2::uuid = ANY (a.recipients) THEN 'awarded'
              ELSE e.kind END AS kind
) said
LEFT JOIN LATERAL (
  SELECT x.amount FROM postings x
  WHERE x.org_id = e.org_id AND x.owner = $2::uuid AND x.position = e.position AND x.account = 'points' LIMIT 1
) moved ON true
LEFT JOIN LATERAL (
  SELECT t.text FROM entry_texts t
  WHERE t.org_id = e.org_id AND t.position = CASE
    WHEN said.kind = 'awarded' OR said.kind IN ('approval_waiting', 'taken_back') AND a.award_id IS NOT NULL THEN a.position
    WHEN said.kind = 'taken_back' THEN origin.position
    ELSE e.position END
  LIMIT 1
) t ON true
LEFT JOIN LATERAL (
  SELECT p.person_id, p.handle, p.name FROM people p
  WHERE p.org_id = e.org_id AND p.person_id = CASE said.kind WHEN 'awarded' THEN a.giver ELSE e.actor END LIMIT 1
) p ON true
ORDER BY page.position DESC
