-- Before the migrations: the schema, and the role that the service runs as. Whoever migrates needs CREATEROLE, unless
-- laurel_runtime exists. Repeating it changes nothing.
-- One process at a time, and not while another migrates: PostgreSQL refuses catalogue changes that meet ("tuple
-- concurrently updated"). The lock is the migrator's, and ends with this script.
DO $$
BEGIN
  PERFORM set_config('lock_timeout', '0', true);
  PERFORM pg_advisory_xact_lock(7814362950174431);
END $$;
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'laurel_runtime') THEN
    CREATE ROLE laurel_runtime NOLOGIN;
  END IF;
EXCEPTION
  -- Somebody else was faster.
  WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
CREATE SCHEMA IF NOT EXISTS laurel;
