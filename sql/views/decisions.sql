-- Who moved a redemption or an award on, when and why: each change of its state that somebody made, which the fulfilment of an
-- instant reward is not. Its `reason` is null where none was given, or once it is erased; nobody did what the operator did.
DROP VIEW IF EXISTS decisions;
CREATE VIEW decisions AS
SELECT e.org_id, e.subject, e.position, e.recorded_at,
       CASE e.kind WHEN 'reversal' THEN 'reversed' ELSE split_part(e.kind, '_', 2) END AS decision,
       e.actor AS person_id, p.handle, p.name, t.text AS reason
FROM entries e
LEFT JOIN people p ON p.org_id = e.org_id AND p.person_id = e.actor
LEFT JOIN entry_texts t ON t.org_id = e.org_id AND t.position = e.position
WHERE e.kind IN ('redemption_approved', 'redemption_declined', 'redemption_cancelled', 'redemption_fulfilled',
                 'redemption_refunded', 'award_approved', 'award_declined', 'reversal')
  AND NOT (e.kind = 'redemption_fulfilled' AND EXISTS (
    SELECT FROM redemptions r WHERE r.org_id = e.org_id AND r.position = e.position - 1 AND r.first_state = 'fulfilled'));

-- All of one redemption or award, in their order, as lists side by side. It is one SELECT, so that the planner puts it in where it is
-- called.
CREATE OR REPLACE FUNCTION decided(organization integer, about uuid)
RETURNS TABLE (words text[], people uuid[], handles text[], names text[], times bigint[], reasons text[], positions bigint[])
LANGUAGE sql STABLE AS $$
  SELECT array_agg(d.decision ORDER BY d.position),
         array_agg(COALESCE(d.person_id, '00000000-0000-0000-0000-000000000000') ORDER BY d.position),
         array_agg(COALESCE(d.handle, '') ORDER BY d.position), array_agg(COALESCE(d.name, '') ORDER BY d.position),
         array_agg((extract(epoch FROM d.recorded_at) * 1000000)::bigint ORDER BY d.position),
         array_agg(COALESCE(d.reason, '') ORDER BY d.position), array_agg(d.position ORDER BY d.position)
  FROM decisions d WHERE d.org_id = organization AND d.subject = about
$$;
