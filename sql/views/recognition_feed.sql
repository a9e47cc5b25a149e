-- What the feed shows: recognitions with their boosts, and awards from when they were granted, at the entry that granted them.
-- One row each, as it is shown: who, whom, words, values.
DROP VIEW IF EXISTS recognition_feed;
CREATE VIEW recognition_feed AS
SELECT r.org_id, r.position, 'recognition' AS kind, e.entry_id, r.occurred_at, r.points, r.visibility, r."values", t.text AS message,
       r.giver, g.handle AS giver_handle, g.name AS giver_name,
       recipients.ids AS recipient_ids, recipients.handles AS recipient_handles, recipients.names AS recipient_names,
       EXISTS (SELECT FROM reversals v WHERE v.org_id = r.org_id AND v.reversed_position = r.position) AS is_reversed,
       boosts.ids AS boost_ids, boosts.givers AS boost_givers, boosts.handles AS boost_handles, boosts.names AS boost_names,
       boosts.points AS boost_points, boosts.times AS boost_times, boosts.positions AS boost_positions
FROM recognitions r
JOIN entries e ON e.org_id = r.org_id AND e.position = r.position
JOIN people g ON g.org_id = r.org_id AND g.person_id = r.giver
LEFT JOIN entry_texts t ON t.org_id = r.org_id AND t.position = r.position
-- The rows come in order from below: an ORDER BY in each array_agg would sort as many times for each recognition.
CROSS JOIN LATERAL (
  SELECT array_agg(o.person_id) AS ids, array_agg(o.handle) AS handles, array_agg(o.name) AS names
  FROM (
    SELECT p.person_id, p.handle, p.name
    FROM recognition_recipients rr
    JOIN people p ON p.org_id = rr.org_id AND p.person_id = rr.person_id
    WHERE rr.org_id = r.org_id AND rr.position = r.position
    ORDER BY rr.line
  ) o
) recipients
-- Times in microseconds since 1970.
CROSS JOIN LATERAL (
  SELECT array_agg(o.entry_id) AS ids, array_agg(o.giver) AS givers, array_agg(o.handle) AS handles,
         array_agg(o.name) AS names, array_agg(o.points) AS points,
         array_agg((extract(epoch FROM o.occurred_at) * 1000000)::bigint) AS times, array_agg(o.position) AS positions
  FROM (
    SELECT x.entry_id, b.giver, p.handle, p.name, b.points, b.occurred_at, b.position
    FROM boosts b
    JOIN entries x ON x.org_id = b.org_id AND x.position = b.position
    JOIN people p ON p.org_id = b.org_id AND p.person_id = b.giver
    WHERE b.org_id = r.org_id AND b.recognition_position = r.position
    ORDER BY b.position
  ) o
) boosts
UNION ALL
SELECT a.org_id, a.state_position, 'award', a.award_id, e.occurred_at, a.points, 'public', a."values", t.text,
       a.giver, g.handle, g.name, recipients.ids, recipients.handles, recipients.names,
       EXISTS (SELECT FROM reversals v WHERE v.org_id = a.org_id AND v.reversed_position = a.state_position),
       NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM awards a
JOIN entries e ON e.org_id = a.org_id AND e.position = a.state_position
JOIN people g ON g.org_id = a.org_id AND g.person_id = a.giver
-- Its words came when it was asked for.
LEFT JOIN entry_texts t ON t.org_id = a.org_id AND t.position = a.position
CROSS JOIN LATERAL (
  SELECT array_agg(o.person_id) AS ids, array_agg(o.handle) AS handles, array_agg(o.name) AS names
  FROM (
    SELECT p.person_id, p.handle, p.name
    FROM unnest(a.recipients) WITH ORDINALITY AS x (person_id, place)
    JOIN people p ON p.org_id = a.org_id AND p.person_id = x.person_id
    ORDER BY x.place
  ) o
) recipients
WHERE a.state = 'granted';
