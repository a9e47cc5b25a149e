-- Points that nobody gave: what was earned in other systems, adjusted, or added to what somebody may give; why, and by whom, which
-- is null for the operator.
DROP VIEW IF EXISTS corrections;
CREATE VIEW corrections AS
SELECT e.org_id, e.position, e.entry_id, e.kind, p.person_id, p.handle, p.name, x.amount AS points, t.text AS reason, n.source,
       e.recorded_at,
       EXISTS (SELECT FROM reversals v WHERE v.org_id = e.org_id AND v.reversed_position = e.position) AS is_reversed,
       b.person_id AS by_id, b.handle AS by_handle, b.name AS by_name
FROM entries e
JOIN postings x ON x.org_id = e.org_id AND x.position = e.position
  AND x.account = CASE e.kind WHEN 'allowance_topped_up' THEN 'allowance' ELSE 'points' END
JOIN people p ON p.org_id = x.org_id AND p.person_id = x.owner
LEFT JOIN people b ON b.org_id = e.org_id AND b.person_id = e.actor
LEFT JOIN entry_texts t ON t.org_id = e.org_id AND t.position = e.position
LEFT JOIN earnings n ON n.org_id = e.org_id AND n.position = e.position
WHERE e.kind IN ('earning', 'adjustment', 'allowance_topped_up');
