-- What a programme gives whoever is in groups that have an allowance of their own, the largest that applies; NULL where none does.
CREATE OR REPLACE FUNCTION group_allowance(by_role jsonb, roles text[], is_manager boolean) RETURNS bigint LANGUAGE sql IMMUTABLE
RETURN (SELECT max(amount::bigint) FROM jsonb_each_text(by_role) AS a (role, amount)
        WHERE role = ANY (roles) OR role = 'manager' AND is_manager);

-- Whether somebody reports to a person now. Whether an allowance depends on it, a programme says by the key `manager`.
CREATE OR REPLACE FUNCTION has_reports(org integer, person uuid) RETURNS boolean LANGUAGE sql STABLE
RETURN EXISTS (SELECT FROM people r WHERE r.org_id = org AND r.manager_id = person);
