-- The last position that was recorded by then, 0 where none was. Positions and times ascend together, so it is found by halving:
-- twenty look-ups for a million entries, wherever it is.
CREATE OR REPLACE FUNCTION position_by(organization integer, instant timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE STRICT AS $$
DECLARE
  first bigint := 0;
  last bigint := (SELECT h.position FROM ledger_heads h WHERE h.org_id = organization);
  middle bigint;
BEGIN
  WHILE first < last LOOP
    middle := (first + last + 1) / 2;
    IF (SELECT e.recorded_at FROM entries e WHERE e.org_id = organization AND e.position = middle) <= instant THEN
      first := middle;
    ELSE
      last := middle - 1;
    END IF;
  END LOOP;
  RETURN first;
END $$;
