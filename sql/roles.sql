-- Before the migrations: the schema, and the role that the service runs as. Whoever migrates needs CREATEROLE, unless
-- laurel_runtime exists. Repeating it changes nothing.
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
