-- Keys for integrations: what a key is for, where it is not for all that its person may do.
--
-- For whoever operates this database: keys made before go on as they are, without a bound.

-- Of: read, recognitions, earnings. Empty: whatever the person may.
ALTER TABLE api_keys ADD COLUMN scopes text[] NOT NULL DEFAULT '{}';
CREATE INDEX api_keys_person ON api_keys (org_id, person_id, key_id);
