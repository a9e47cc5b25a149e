-- Top-ups: what is taken back of a gift that a top-up had paid is a top-up's again, and stays over the next reset.
--
-- For whoever operates this database: `accounts.carried` becomes all that top-ups brought into the present allowance period and
-- within it, spent or not; what stays over a reset is the smaller one of it and the balance. It follows from the log, and is
-- computed anew here for whoever was ever topped up.

-- It was that `carried` is at most the balance.
ALTER TABLE accounts DROP CONSTRAINT accounts_check2;
ALTER TABLE accounts ADD CONSTRAINT accounts_carried CHECK (carried >= 0 AND (carried = 0 OR account = 'allowance'));

DO $$
DECLARE
  topped_up record;
  change    record;
  brought   bigint;
  balance   bigint;
BEGIN
  FOR topped_up IN SELECT DISTINCT org_id, subject FROM entries WHERE kind = 'allowance_topped_up' LOOP
    brought := 0;
    balance := 0;
    -- A reset to what there was has no posting.
    FOR change IN
      SELECT e.kind, p.amount, p.balance_after
      FROM entries e
      LEFT JOIN postings p ON p.org_id = e.org_id AND p.position = e.position AND p.account = 'allowance'
        AND p.owner = topped_up.subject
      WHERE e.org_id = topped_up.org_id
        AND (p.position IS NOT NULL OR e.kind = 'allowance_reset' AND e.subject = topped_up.subject)
      ORDER BY e.position
    LOOP
      IF change.kind = 'allowance_reset' THEN
        brought := LEAST(brought, balance);
      ELSIF change.kind = 'allowance_topped_up' THEN
        brought := brought + change.amount;
      END IF;
      balance := COALESCE(change.balance_after, balance);
    END LOOP;
    UPDATE accounts a SET carried = brought
    WHERE a.org_id = topped_up.org_id AND a.account = 'allowance' AND a.owner = topped_up.subject;
  END LOOP;
END $$;
