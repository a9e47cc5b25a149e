-- What a careful hand would write for one recognition, one transaction each: the same rows under the same lock, for pgbench.
-- It spares itself what Laurel also does: HTTP, JSON, authentication, rules, idempotency's look-up, the chain's canonical hash.
\set giver random(1, :people)
\set step random(1, :people - 1)
BEGIN;
SELECT position + 1 AS position FROM ledger_heads WHERE org_id = :org FOR UPDATE \gset
UPDATE accounts SET balance = balance - 1
WHERE org_id = :org AND account = 'allowance' AND owner = (SELECT person_id FROM numbered WHERE number = :giver)
RETURNING owner AS giver_id, balance AS giver_balance \gset
UPDATE accounts SET balance = balance + 1
WHERE org_id = :org AND account = 'points'
  AND owner = (SELECT person_id FROM numbered WHERE number = (:giver - 1 + :step) % :people + 1)
RETURNING owner AS recipient_id, balance AS recipient_balance \gset
WITH entry AS (
  INSERT INTO entries (org_id, position, entry_id, kind, recorded_at, occurred_at, actor, program_version, key_digest,
                       request_digest, text_digest, hash)
  VALUES (:org, :position, gen_random_uuid(), 'recognition', clock_timestamp(), clock_timestamp(), :giver_id::uuid, 1,
          sha256(int8send(:position)), sha256('request'), sha256('text'), sha256(int8send(:position)))
), posting AS (
  INSERT INTO postings (org_id, position, line, account, owner, amount, balance_after)
  VALUES (:org, :position, 0, 'allowance', :giver_id::uuid, -1, :giver_balance),
         (:org, :position, 1, 'points', :recipient_id::uuid, 1, :recipient_balance)
), words AS (
  INSERT INTO entry_texts (org_id, position, salt, text)
  VALUES (:org, :position, sha256('salt'), 'Thank you for the review of release 12345')
), recipient AS (
  INSERT INTO recognition_recipients (org_id, position, line, person_id) VALUES (:org, :position, 0, :recipient_id::uuid)
)
INSERT INTO recognitions (org_id, position, giver, points, visibility, "values", occurred_at)
VALUES (:org, :position, :giver_id::uuid, 1, 'public', '{}', clock_timestamp());
UPDATE ledger_heads SET position = :position, hash = sha256(int8send(:position)), recorded_at = clock_timestamp()
WHERE org_id = :org;
COMMIT;
