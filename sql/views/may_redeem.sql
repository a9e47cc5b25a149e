-- Whether somebody who left on that day may still redeem: leavers have the programme's grace.
CREATE OR REPLACE FUNCTION may_redeem(organization integer, left_on date) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT day_of(GREATEST(now(), h.recorded_at), o.time_zone) <= left_on + g.leaver_grace_days
  FROM organizations o
  JOIN ledger_heads h ON h.org_id = o.org_id
  CROSS JOIN LATERAL (SELECT * FROM programs g WHERE g.org_id = o.org_id ORDER BY g.version DESC LIMIT 1) g
  WHERE o.org_id = organization
$$;
