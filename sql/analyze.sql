-- After much was brought in at once: statements that were planned for small tables are planned anew, on every connection.
ANALYZE organizations, ledger_heads, programs, people, api_keys, recognition_values, entries, postings, accounts,
  entry_texts, recognitions, recognition_recipients, rewards, redemptions, lot_uses, budgets, awards, boosts, earnings,
  reversals, expiring_lots;
