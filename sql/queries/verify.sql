-- What `laurel verify` reads, in one REPEATABLE READ transaction, so a live database is seen at one instant.

-- name: snapshot
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY

-- name: verify_head
SELECT position, hash, recorded_at FROM ledger_heads WHERE org_id = $1::integer

-- A page of the log, with everything that its hashes cover, positions after $2.
-- name: verify_entries
SELECT e.position, e.entry_id, e.kind, e.recorded_at, e.occurred_at, e.actor, e.subject, e.program_version,
       e.key_digest, e.request_digest, e.text_digest, e.hash,
       t.salt, t.text, r.giver, r.points, r.visibility, r."values", r.occurred_at, recipients.ids,
       p.accounts, p.owners, p.amounts, p.balances, p.lines
FROM entries e
LEFT JOIN entry_texts t ON t.org_id = e.org_id AND t.position = e.position
LEFT JOIN recognitions r ON r.org_id = e.org_id AND r.position = e.position
LEFT JOIN LATERAL (
  SELECT array_agg(x.person_id ORDER BY x.line) AS ids
  FROM recognition_recipients x WHERE x.org_id = e.org_id AND x.position = e.position
) recipients ON true
LEFT JOIN LATERAL (
  SELECT array_agg(x.account ORDER BY x.line) AS accounts, array_agg(x.owner ORDER BY x.line) AS owners,
         array_agg(x.amount ORDER BY x.line) AS amounts, array_agg(x.balance_after ORDER BY x.line) AS balances,
         array_agg(x.line::bigint ORDER BY x.line) AS lines
  FROM postings x WHERE x.org_id = e.org_id AND x.position = e.position
) p ON true
WHERE e.org_id = $1::integer AND e.position > $2::bigint
ORDER BY e.position
LIMIT $3::integer

-- Balances as they stand, to compare with the sums of the postings.
-- name: verify_accounts
SELECT account, owner, balance FROM accounts WHERE org_id = $1::integer

-- Rows that belong to no entry: invisible to the walk above, so looked for by themselves.
-- name: verify_orphans
SELECT 'postings', position FROM postings x WHERE org_id = $1::integer
  AND NOT EXISTS (SELECT FROM entries e WHERE e.org_id = x.org_id AND e.position = x.position)
UNION ALL
SELECT 'recognitions', position FROM recognitions x WHERE org_id = $1::integer
  AND NOT EXISTS (SELECT FROM entries e WHERE e.org_id = x.org_id AND e.position = x.position)
UNION ALL
SELECT 'recognition_recipients', position FROM recognition_recipients x WHERE org_id = $1::integer
  AND NOT EXISTS (SELECT FROM recognitions r WHERE r.org_id = x.org_id AND r.position = x.position)
LIMIT 100
