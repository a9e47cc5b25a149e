-- Which day an instant falls on in a time zone, and when a day begins there. One definition for all that goes by days:
--   * a day begins at the first instant whose local date is that day, and ends where the next one begins;
--   * an instant falls on the day that began last.
-- Where clocks are set back over midnight, that midnight comes twice: the day began with the first of them, and what follows is of
-- that day, though for a while the clocks show the evening before again. Where they are set forward over it, there is no midnight,
-- and the day begins with the change. A day that is left out altogether (Samoa, 30 December 2011) begins with the next.
-- Whatever needs a day or its begin calls these two, what shows a time of a zone calls local_time, and nothing else converts between
-- an instant and a zone's clock by itself.
--
-- All of them take the calendar of an organisation: a time zone or, where it has moved, one zone after another, each behind the first
-- day from which it counts, the first of a month: `-infinity Europe/Berlin 2026-11-01 America/New_York`. So what was a day stays
-- one, whatever zones follow:
--   * a day from that first one on begins by the new zone, and an earlier one by the old zone, but not after the first one begins;
--   * so the last day before is shorter or longer by what the two zones are apart, and may be left out altogether, as Samoa's was.
-- The new zone's clocks are what counts from the first day on, or from when the old zone has that date if that is earlier: the last
-- day, where it is longer, ends by the clocks that end it.

-- When a day begins. Changes of the clocks are more than 24 hours apart, on whole seconds, and by a day at most.
CREATE OR REPLACE FUNCTION day_start(day date, zone text) RETURNS timestamptz LANGUAGE plpgsql STABLE STRICT COST 10 AS $$
DECLARE
  midnight timestamptz;
  before timestamptz;
  earlier timestamptz;
BEGIN
  IF zone ^@ '-' THEN
    RETURN calendar_day_start(day, string_to_array(zone, ' '));
  END IF;
  -- Of two midnights, PostgreSQL takes the later one; of one that does not exist, it goes on counting by the clock before.
  midnight := day::timestamp AT TIME ZONE zone;
  before := midnight - INTERVAL '24 hours';
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

-- By zones that follow each other: first day, zone, first day, and so on.
CREATE OR REPLACE FUNCTION calendar_day_start(day date, zones text[]) RETURNS timestamptz LANGUAGE plpgsql STABLE STRICT COST 10
AS $$
DECLARE
  place integer := cardinality(zones);
BEGIN
  WHILE day < zones[place - 1]::date LOOP
    place := place - 2;
  END LOOP;
  RETURN LEAST(day_start(day, zones[place]), day_start(zones[place + 1]::date, zones[place + 2]));
END $$;

-- The place of the zone whose clocks count at an instant. No zone is a day away from UTC.
CREATE OR REPLACE FUNCTION zone_place(instant timestamptz, zones text[]) RETURNS integer LANGUAGE plpgsql STABLE STRICT COST 1
AS $$
DECLARE
  place integer := cardinality(zones);
  first_day date;
BEGIN
  WHILE place > 2 LOOP
    first_day := zones[place - 1];
    EXIT WHEN instant >= (first_day + 1)::timestamp AT TIME ZONE 'UTC';
    EXIT WHEN instant >= (first_day - 1)::timestamp AT TIME ZONE 'UTC'
      AND instant >= LEAST(day_start(first_day, zones[place - 2]), day_start(first_day, zones[place]));
    place := place - 2;
  END LOOP;
  RETURN place;
END $$;

-- By zones that follow each other. Where the new zone's clocks still show an earlier date, the last day before goes on.
CREATE OR REPLACE FUNCTION calendar_day_of(instant timestamptz, zones text[]) RETURNS date LANGUAGE plpgsql STABLE STRICT COST 1
AS $$
DECLARE
  place integer := zone_place(instant, zones);
BEGIN
  RETURN GREATEST(day_of(instant, zones[place]), zones[place - 1]::date - 1);
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
-- whatever calls it, so that it costs three conversions and no call, where an organisation has never moved.
CREATE OR REPLACE FUNCTION day_of(instant timestamptz, zone text) RETURNS date LANGUAGE sql STABLE
RETURN CASE
  WHEN zone ^@ '-' THEN calendar_day_of(instant, string_to_array(zone, ' '))
  WHEN instant AT TIME ZONE zone - INTERVAL '24 hours' = (instant - INTERVAL '24 hours') AT TIME ZONE zone
  THEN (instant AT TIME ZONE zone)::date
  ELSE day_near_change(instant, zone)
END;

-- The zone of a calendar whose clocks count at an instant.
CREATE OR REPLACE FUNCTION zone_at(instant timestamptz, calendar text) RETURNS text LANGUAGE sql STABLE
RETURN CASE
  WHEN calendar ^@ '-' THEN (string_to_array(calendar, ' '))[zone_place(instant, string_to_array(calendar, ' '))]
  ELSE calendar
END;

-- What the clocks of a time zone show at an instant, of the day that it falls on: while an evening comes again, the day's midnight.
CREATE OR REPLACE FUNCTION local_time(instant timestamptz, zone text) RETURNS timestamp LANGUAGE sql STABLE
RETURN GREATEST(instant AT TIME ZONE zone_at(instant, zone), day_of(instant, zone)::timestamp);

CREATE OR REPLACE FUNCTION calendar_zones(calendar text) RETURNS text[] LANGUAGE sql IMMUTABLE
RETURN CASE WHEN calendar ^@ '-' THEN string_to_array(calendar, ' ') ELSE ARRAY['-infinity', calendar] END;

-- The zone that a calendar has after the one that counts at an instant, and its first day; both null where none is to come.
CREATE OR REPLACE FUNCTION next_zone(instant timestamptz, calendar text, OUT zone text, OUT first_day date)
LANGUAGE plpgsql STABLE STRICT AS $$
DECLARE
  zones text[] := calendar_zones(calendar);
  place integer := zone_place(instant, zones);
BEGIN
  zone := zones[place + 2];
  first_day := zones[place + 1];
END $$;

-- What of a calendar counts up to an instant: nothing that has been recorded by then depends on the rest.
CREATE OR REPLACE FUNCTION calendar_until(instant timestamptz, calendar text) RETURNS text LANGUAGE plpgsql STABLE STRICT AS $$
DECLARE
  zones text[] := calendar_zones(calendar);
  place integer := zone_place(instant, zones);
BEGIN
  RETURN CASE place WHEN 2 THEN zones[2] ELSE array_to_string(zones[:place], ' ') END;
END $$;

-- What a calendar becomes when a zone is wanted at an instant: it counts from the next month on, in the place of what was to come;
-- where it counts already, nothing is to come. The next month is one that has begun by neither zone.
CREATE OR REPLACE FUNCTION calendar_with(zone text, calendar text, instant timestamptz) RETURNS text LANGUAGE plpgsql STABLE STRICT
AS $$
DECLARE
  zones text[] := calendar_zones(calendar);
  place integer := zone_place(instant, zones);
  latest date;
BEGIN
  IF zones[place + 2] = zone THEN
    RETURN calendar;
  ELSIF zones[place] = zone THEN
    RETURN calendar_until(instant, calendar);
  END IF;
  latest := GREATEST(day_of(instant, calendar), day_of(instant, zone), zones[place - 1]::date);
  latest := period_after(date_trunc('month', latest::timestamp)::date, 'month');
  RETURN array_to_string(zones[:place] || ARRAY[to_char(latest::timestamp, 'YYYY-MM-DD'), zone], ' ');
END $$;

-- The first day of the period after the one that begins on that day.
CREATE OR REPLACE FUNCTION period_after(first_day date, period text) RETURNS date LANGUAGE sql IMMUTABLE
RETURN (first_day + CASE period WHEN 'day' THEN INTERVAL '1 day' WHEN 'week' THEN INTERVAL '7 days'
                                WHEN 'month' THEN INTERVAL '1 month' WHEN 'quarter' THEN INTERVAL '3 months'
                                WHEN 'year' THEN INTERVAL '1 year' END)::date;
