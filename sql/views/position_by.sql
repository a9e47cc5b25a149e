-- The last position that was recorded by then, 0 where none was. Positions and times ascend together, so it is found by halving:
-- twenty look-ups for a million entries, wherever it is; one where it is the last of all.
CREATE OR REPLACE FUNCTION position_by(organization integer, instant timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE STRICT AS $$
DECLARE
  head ledger_heads := (SELECT h FROM ledger_heads h WHERE h.org_id = organization);
  first bigint := 0;
  last bigint := head.position;
  middle bigint;
BEGIN
  IF head.recorded_at <= instant THEN
    RETURN last;
  END IF;
  IF NOT isfinite(instant) THEN
    RETURN 0;
  END IF;
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

-- The last position that was recorded before then: those after it were recorded then or later.
CREATE OR REPLACE FUNCTION position_before(organization integer, instant timestamptz) RETURNS bigint LANGUAGE sql STABLE
RETURN position_by(organization, instant - INTERVAL '1 microsecond');
