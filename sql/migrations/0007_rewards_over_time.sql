-- What the log said of a reward at any position.
--
-- For whoever operates this database: an index over the few entries that made or changed a reward. A stock move that is sent
-- again is answered by it as it was the first time.
CREATE INDEX entries_rewards ON entries (org_id, subject, position) WHERE kind IN ('reward_created', 'reward_changed');
