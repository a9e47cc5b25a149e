-- Which day an instant falls on in a time zone, and when a day begins there. One definition for all that goes by days:
--   * a day begins at the first instant whose local date is that day, and ends where the next one begins;
--   * an instant falls on the day that began last.
-- Where clocks are set back over midnight, that midnight comes twice: the day began with the first of them, and what follows is of
-- that day, though for a while the clocks show the evening before again. Where they are set forward over it, there is no midnight,
-- and the day begins with the change. A day that is left out altogether (Samoa, 30 December 2011) begins with the next.
-- Whatever needs a day or its begin calls these two, what shows a time of a zone calls local_time, and nothing else converts between
-- an instant and a zone's clock by itself.

-- When a day begins. Changes of the clocks are more than 24 hours apart, on whole seconds, and by a day at most.
CREATE OR REPLACE FUNCTION day_start(day date, zone text) RETURNS timestamptz LANGUAGE plpgsql STABLE STRICT COST 10 AS $$
DECLARE
  -- Of two midnights, PostgreSQL takes the later one; of one that does not exist, it goes on counting by the clock before.
  midnight timestamptz := day::timestamp AT TIME ZONE zone;
  before timestamptz := midnight - INTERVAL '24 hours';
  earlier timestamptz;
BEGIN
  IF before AT TIME ZONE zone = day::timestamp - INTERVAL '24 hours' AND midnight AT TIME ZONE zone = day::timestamp THEN
    RETURN midnight;
  END IF;
  -- The midnight of the clock before the change.
  earlier := (day::timestamp - ((before AT TIME ZONE zone) - (before AT TIME ZONE 'UTC'))) AT TIME ZONE 'UTC';
  IF earlier < midnight AND earlier AT TIME ZONE zone = day::timestamp THEN
    RETURN earlier;
  END IF;
  -- Of what was left out, the end: halving finds it to the second.
  WHILE midnight AT TIME ZONE zone > day::timestamp AND midnight - before > INTERVAL '1 second' LOOP
    earlier := before + date_trunc('second', (midnight - before) / 2);
    IF earlier AT TIME ZONE zone >= day::timestamp THEN
      midnight := earlier;
    ELSE
      before := earlier;
    END IF;
  END LOOP;
  RETURN midnight;
END $$;

-- In the 24 hours after a change of the clocks.
CREATE OR REPLACE FUNCTION day_near_change(instant timestamptz, zone text) RETURNS date LANGUAGE plpgsql STABLE STRICT COST 1
AS $$
DECLARE
  local_date date := (instant AT TIME ZONE zone)::date;
BEGIN
  RETURN local_date + (day_start(local_date + 1, zone) <= instant)::integer;
END $$;

-- The day that an instant falls on. Where no clock was changed in the 24 hours before, that is its local date. It becomes part of
-- whatever calls it, so that it costs three conversions and no call.
CREATE OR REPLACE FUNCTION day_of(instant timestamptz, zone text) RETURNS date LANGUAGE sql STABLE
RETURN CASE
  WHEN instant AT TIME ZONE zone - INTERVAL '24 hours' = (instant - INTERVAL '24 hours') AT TIME ZONE zone
  THEN (instant AT TIME ZONE zone)::date
  ELSE day_near_change(instant, zone)
END;

-- What the clocks of a time zone show at an instant, of the day that it falls on: while an evening comes again, the day's midnight.
CREATE OR REPLACE FUNCTION local_time(instant timestamptz, zone text) RETURNS timestamp LANGUAGE sql STABLE
RETURN GREATEST(instant AT TIME ZONE zone, day_of(instant, zone)::timestamp);

-- The first day of the period after the one that begins on that day.
CREATE OR REPLACE FUNCTION period_after(first_day date, period text) RETURNS date LANGUAGE sql IMMUTABLE
RETURN (first_day + CASE period WHEN 'day' THEN INTERVAL '1 day' WHEN 'week' THEN INTERVAL '7 days'
                                WHEN 'month' THEN INTERVAL '1 month' WHEN 'quarter' THEN INTERVAL '3 months'
                                WHEN 'year' THEN INTERVAL '1 year' END)::date;
