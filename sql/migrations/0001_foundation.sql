-- The foundation: organisations, people, keys, and the one log that everything else follows from.
--
-- For whoever operates this database:
-- * `entries` and `postings` are only ever inserted; triggers refuse anything else, even to their owner.
-- * Every table starts its key with org_id, so no query can meet another organisation's rows by accident,
--   and the whole schema can be distributed by organisation.
-- * The one lock is the row in `ledger_heads`. Whoever writes takes it first; whatever a decision reads
--   changes only under it.
-- * Words that people wrote stand in `entry_texts` alone. The log holds SHA-256(salt || text), so erasing a row
--   of `entry_texts` erases the words and leaves the chain whole.

CREATE TABLE installation (
  only_one      boolean PRIMARY KEY DEFAULT true CHECK (only_one),
  -- Signs cursors, so that nobody can forge one or carry it to another organisation. 32 random bytes.
  cursor_secret bytea NOT NULL CHECK (octet_length(cursor_secret) = 32)
);

CREATE TABLE organizations (
  org_id          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  organization_id uuid NOT NULL UNIQUE,
  slug            text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  name            text NOT NULL,
  time_zone       text NOT NULL,
  created_at      timestamptz NOT NULL
);

-- The last entry of each organisation. Half-empty pages keep its updates on the same page (HOT).
CREATE TABLE ledger_heads (
  org_id      integer PRIMARY KEY REFERENCES organizations,
  position    bigint NOT NULL CHECK (position >= 0),
  hash        bytea NOT NULL CHECK (octet_length(hash) = 32),
  recorded_at timestamptz NOT NULL
) WITH (fillfactor = 50);

-- The programme's rules, versioned; an entry names the version that decided it.
CREATE TABLE programs (
  org_id              integer NOT NULL REFERENCES organizations,
  version             integer NOT NULL CHECK (version >= 1),
  position            bigint NOT NULL,
  allowance_points    bigint NOT NULL CHECK (allowance_points >= 0),
  allowance_period    text NOT NULL CHECK (allowance_period IN ('week', 'month', 'quarter')),
  allowance_by_role   jsonb NOT NULL,
  max_points          bigint NOT NULL CHECK (max_points >= 0),
  max_recipients      integer NOT NULL CHECK (max_recipients >= 1),
  recipient_cap_share numeric(5, 4) NOT NULL CHECK (recipient_cap_share BETWEEN 0 AND 1),
  recipient_cap_mode  text NOT NULL CHECK (recipient_cap_mode IN ('off', 'warn', 'block')),
  expiry_months       integer CHECK (expiry_months >= 1),
  leaver_grace_days   integer NOT NULL CHECK (leaver_grace_days >= 0),
  point_value         numeric(12, 4) NOT NULL CHECK (point_value >= 0),
  currency            text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  private_allowed     boolean NOT NULL,
  PRIMARY KEY (org_id, version)
);

CREATE TABLE people (
  org_id              integer NOT NULL REFERENCES organizations,
  person_id           uuid NOT NULL,
  handle              text COLLATE "C" NOT NULL CHECK (handle ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
  name                text NOT NULL,
  email               text COLLATE "C",
  team                text,
  department          text,
  location            text,
  cost_centre         text,
  manager_id          uuid,
  roles               text[] NOT NULL DEFAULT '{}' CHECK (roles <@ '{finance,admin}'),
  time_zone           text,
  joined              date,
  active              boolean NOT NULL DEFAULT true,
  leaderboard_opt_out boolean NOT NULL DEFAULT false,
  -- The position of the entry that last changed this row.
  position            bigint NOT NULL,
  PRIMARY KEY (org_id, person_id),
  UNIQUE (org_id, handle),
  CHECK (manager_id <> person_id),
  FOREIGN KEY (org_id, manager_id) REFERENCES people
);
CREATE UNIQUE INDEX people_email ON people (org_id, lower(email));
CREATE INDEX people_manager ON people (org_id, manager_id) WHERE manager_id IS NOT NULL;

-- A key is random and shown once; only its SHA-256 stays here.
CREATE TABLE api_keys (
  org_id     integer NOT NULL,
  key_id     uuid NOT NULL,
  digest     bytea NOT NULL CHECK (octet_length(digest) = 32),
  person_id  uuid NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  revoked_at timestamptz,
  PRIMARY KEY (org_id, key_id),
  UNIQUE (org_id, digest),
  FOREIGN KEY (org_id, person_id) REFERENCES people
);

CREATE TABLE recognition_values (
  org_id      integer NOT NULL REFERENCES organizations,
  slug        text COLLATE "C" NOT NULL CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,63}$'),
  name        text NOT NULL,
  description text NOT NULL,
  active      boolean NOT NULL,
  position    bigint NOT NULL,
  PRIMARY KEY (org_id, slug)
);

-- The log. Positions are 1, 2, 3, … without a gap, given under the head lock, so a reader that saw
-- position N has seen everything before it.
CREATE TABLE entries (
  org_id          integer NOT NULL REFERENCES organizations,
  position        bigint NOT NULL CHECK (position >= 1),
  -- Given before the transaction: by it an unknown outcome of COMMIT is settled.
  entry_id        uuid NOT NULL,
  kind            text COLLATE "C" NOT NULL,
  recorded_at     timestamptz NOT NULL,
  occurred_at     timestamptz NOT NULL,
  -- Null: the operator, by the command line.
  actor           uuid,
  subject         uuid,
  program_version integer NOT NULL,
  -- SHA-256 of the idempotency key and of the request that it came with.
  key_digest      bytea CHECK (octet_length(key_digest) = 32),
  request_digest  bytea CHECK (octet_length(request_digest) = 32),
  -- SHA-256(salt || text) of the row in entry_texts.
  text_digest     bytea CHECK (octet_length(text_digest) = 32),
  hash            bytea NOT NULL CHECK (octet_length(hash) = 32),
  PRIMARY KEY (org_id, position),
  UNIQUE (org_id, entry_id),
  CHECK ((key_digest IS NULL) = (request_digest IS NULL)),
  CHECK (key_digest IS NULL OR actor IS NOT NULL)
);
CREATE UNIQUE INDEX entries_idempotency ON entries (org_id, actor, key_digest) WHERE key_digest IS NOT NULL;

CREATE TABLE postings (
  org_id        integer NOT NULL,
  position      bigint NOT NULL,
  line          smallint NOT NULL CHECK (line >= 0),
  account       text COLLATE "C" NOT NULL,
  -- The person, budget or reward that the account belongs to; all zeroes for the organisation's own.
  owner         uuid NOT NULL,
  amount        bigint NOT NULL CHECK (amount <> 0),
  balance_after bigint NOT NULL,
  PRIMARY KEY (org_id, position, line)
);
-- An owner has a handful of accounts, so the kind is left out: a narrower key costs every write less.
CREATE INDEX postings_owner ON postings (org_id, owner, position);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON entries
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON postings
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The present balance of each account: the sum of its postings, kept for reading and for the CHECK below.
CREATE TABLE accounts (
  org_id       integer NOT NULL REFERENCES organizations,
  account      text COLLATE "C" NOT NULL CHECK (account IN (
                 'allowance', 'points', 'held', 'budget', 'budget_held', 'stock', 'supply', 'issued', 'redeemed',
                 'expired', 'adjusted')),
  owner        uuid NOT NULL,
  balance      bigint NOT NULL,
  -- Of an allowance: the first day of the period that it was last reset for.
  period_start date,
  PRIMARY KEY (org_id, account, owner),
  CHECK (balance >= 0 OR account IN ('issued', 'supply', 'adjusted')),
  CHECK ((account = 'allowance') = (period_start IS NOT NULL))
) WITH (fillfactor = 70);

-- The words of an entry: a message, or what an administrator changed (JSON).
CREATE TABLE entry_texts (
  org_id   integer NOT NULL,
  position bigint NOT NULL,
  salt     bytea NOT NULL CHECK (octet_length(salt) = 32),
  text     text NOT NULL,
  PRIMARY KEY (org_id, position)
);

CREATE TABLE recognitions (
  org_id      integer NOT NULL,
  position    bigint NOT NULL,
  giver       uuid NOT NULL,
  -- For each recipient.
  points      bigint NOT NULL CHECK (points >= 0),
  visibility  text NOT NULL CHECK (visibility IN ('public', 'private')),
  "values"    text[] NOT NULL,
  occurred_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, position)
);
CREATE INDEX recognitions_feed ON recognitions (org_id, occurred_at, position);
CREATE INDEX recognitions_giver ON recognitions (org_id, giver, occurred_at, position);

CREATE TABLE recognition_recipients (
  org_id    integer NOT NULL,
  position  bigint NOT NULL,
  -- The order in which the giver named them.
  line      smallint NOT NULL,
  person_id uuid NOT NULL,
  PRIMARY KEY (org_id, position, line)
);
CREATE INDEX recognition_recipients_person ON recognition_recipients (org_id, person_id, position);
