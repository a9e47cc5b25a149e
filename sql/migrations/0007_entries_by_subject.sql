-- What the log said of a reward or a budget at any position, and when somebody's allowance began anew.
--
-- For whoever operates this database: two small indexes. Making them reads `entries` once, while writes wait. By the first, a request that
-- made or moved something is answered again as it was the first time; by the second, what is taken back finds out whether the
-- allowance that it came from is still the same.
CREATE INDEX entries_catalogue ON entries (org_id, subject, position)
  WHERE kind IN ('reward_created', 'reward_changed', 'budget_created', 'budget_funded');
CREATE INDEX entries_resets ON entries (org_id, subject, position) WHERE kind = 'allowance_reset';
