-- A line of what an entry says in words of something: the name and the value of a member, of which nothing looks like another
-- line. The ledger writes the same (`Particulars.swift`).
CREATE OR REPLACE FUNCTION particular(name text, value text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT name || E'\t' || replace(replace(COALESCE(value, ''), E'\\', E'\\\\'), E'\n', E'\\n') || E'\n'
$$;
