-- What the service may do at run time: it is not the owner, and it cannot rewrite the log.
-- Run after every migration; repeating it changes nothing.
GRANT USAGE ON SCHEMA laurel TO laurel_runtime;
GRANT SELECT ON ALL TABLES IN SCHEMA laurel TO laurel_runtime;
GRANT INSERT ON entries, postings, entry_texts, recognitions, recognition_recipients, programs, organizations TO laurel_runtime;
GRANT INSERT, UPDATE ON ledger_heads, accounts, people, api_keys, recognition_values TO laurel_runtime;
-- Erasure takes words away; the log stays.
GRANT DELETE ON entry_texts TO laurel_runtime;
