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
