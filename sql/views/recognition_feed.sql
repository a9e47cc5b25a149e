-- A recognition as it is shown: who, whom, words, values. One row each.
DROP VIEW IF EXISTS recognition_feed;
CREATE VIEW recognition_feed AS
SELECT r.org_id, r.position, e.entry_id, r.occurred_at, e.recorded_at, r.points, r.visibility, r."values", t.text AS message,
       r.giver, g.handle AS giver_handle, g.name AS giver_name,
       recipients.ids AS recipient_ids, recipients.handles AS recipient_handles, recipients.names AS recipient_names
FROM recognitions r
JOIN entries e ON e.org_id = r.org_id AND e.position = r.position
JOIN people g ON g.org_id = r.org_id AND g.person_id = r.giver
LEFT JOIN entry_texts t ON t.org_id = r.org_id AND t.position = r.position
CROSS JOIN LATERAL (
  SELECT array_agg(p.person_id ORDER BY rr.line) AS ids,
         array_agg(p.handle ORDER BY rr.line) AS handles,
         array_agg(p.name ORDER BY rr.line) AS names
  FROM recognition_recipients rr
  JOIN people p ON p.org_id = rr.org_id AND p.person_id = rr.person_id
  WHERE rr.org_id = r.org_id AND rr.position = r.position
) recipients;
