-- What the service may do at run time: it is not the owner, and it cannot rewrite the log.
-- Run after every migration; repeating it changes nothing.
-- One process at a time, and not while another migrates: PostgreSQL refuses catalogue changes that meet ("tuple
-- concurrently updated"). The lock is the migrator's, and ends with this script.
DO $$
BEGIN
  PERFORM set_config('lock_timeout', '0', true);
  PERFORM pg_advisory_xact_lock(7814362950174431);
END $$;
GRANT USAGE ON SCHEMA laurel TO laurel_runtime;
GRANT SELECT ON ALL TABLES IN SCHEMA laurel TO laurel_runtime;
GRANT INSERT ON organizations, programs, entries, postings, entry_texts, recognitions, recognition_recipients,
  redemption_sources, budgets, lot_uses, boosts, earnings, reversals, notices TO laurel_runtime;
GRANT INSERT, UPDATE ON ledger_heads, accounts, people, api_keys, recognition_values, rewards, redemptions, awards, award_totals,
  expiring_lots
  TO laurel_runtime;
GRANT UPDATE (name, time_zone, currency_name, currency_symbol, public_url, position) ON organizations TO laurel_runtime;
-- Erasure takes words away; the log stays.
GRANT DELETE ON entry_texts TO laurel_runtime;

-- The login that the service connects with takes on the role. Its name comes in as a setting of the session.
DO $$
DECLARE
  login text := current_setting('laurel.login');
BEGIN
  IF NOT pg_has_role(login, 'laurel_runtime', 'MEMBER') THEN
    EXECUTE format('GRANT laurel_runtime TO %I', login);
  END IF;
END $$;
