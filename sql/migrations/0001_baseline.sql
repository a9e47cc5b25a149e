-- The schema as it begins: organisations, people and keys, the one log that everything else follows from, and what spending,
-- awarding and taking back add to it.
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
  -- Where its days begin: a zone or, where it has moved, one after another; see views/calendar.sql.
  time_zone       text NOT NULL CHECK (time_zone ~ '^([^- ]\S*|-infinity \S+( \d{4}-\d{2}-01 \S+)+)$'),
  -- What people call its points, and what stands for one.
  currency_name   text,
  currency_symbol text,
  public_url      text,
  created_at      timestamptz NOT NULL,
  -- The position of the entry that last changed this row.
  position        bigint NOT NULL DEFAULT 1
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
  givers              text NOT NULL DEFAULT 'everyone' CHECK (givers IN ('everyone', 'managers', 'nobody')),
  -- Thanks without points that one giver may send one person in a day.
  free_thanks_a_day    integer NOT NULL DEFAULT 3 CHECK (free_thanks_a_day >= 0),
  -- Whether nobody decides on redemptions and awards of their own.
  separation_of_duties boolean NOT NULL DEFAULT true,
  -- Whether private recognitions count on boards.
  private_on_boards    boolean NOT NULL DEFAULT false,
  PRIMARY KEY (org_id, version)
);
CREATE INDEX programs_position ON programs (org_id, position);

CREATE TABLE people (
  org_id              integer NOT NULL REFERENCES organizations,
  person_id           uuid NOT NULL,
  handle              text COLLATE "C" NOT NULL CHECK (
                        handle ~ '^[a-z0-9](?:(?:\.?[a-z0-9_-])*\.?[a-z0-9])?$' AND octet_length(handle) <= 64
                        AND handle <> 'me'),
  name                text NOT NULL,
  email               text COLLATE "C",
  -- Name, handle and email as they are searched by, folded by the service, which says how. It follows from them.
  search              text COLLATE "C" NOT NULL,
  team                text,
  department          text,
  location            text,
  -- What the three are compared by. The service folds them (Sources/Text/Folding.swift), so that no locale has a say in it.
  team_folded         text COLLATE "C" CHECK ((team_folded IS NULL) = (team IS NULL)),
  department_folded   text COLLATE "C" CHECK ((department_folded IS NULL) = (department IS NULL)),
  location_folded     text COLLATE "C" CHECK ((location_folded IS NULL) = (location IS NULL)),
  cost_centre         text,
  manager_id          uuid,
  roles               text[] NOT NULL DEFAULT '{}' CHECK (roles <@ '{finance,rewards,admin}'),
  time_zone           text,
  joined              date,
  active              boolean NOT NULL DEFAULT true,
  leaderboard_opt_out boolean NOT NULL DEFAULT false,
  -- What they may give in an allowance period, where it is not what the programme says.
  allowance_points    bigint CHECK (allowance_points >= 0),
  -- The last day of somebody who left, in the organisation's time zone.
  left_on             date CHECK (left_on IS NULL OR NOT active),
  CHECK (active OR roles = '{}'),
  -- The position of the entry that last changed this row.
  position            bigint NOT NULL,
  PRIMARY KEY (org_id, person_id),
  UNIQUE (org_id, handle),
  CHECK (manager_id <> person_id),
  FOREIGN KEY (org_id, manager_id) REFERENCES people
);
CREATE UNIQUE INDEX people_email ON people (org_id, lower(email));
CREATE INDEX people_manager ON people (org_id, manager_id) WHERE manager_id IS NOT NULL;
CREATE INDEX people_admins ON people (org_id) WHERE active AND 'admin' = ANY (roles);
CREATE INDEX people_left ON people (org_id, left_on) WHERE left_on IS NOT NULL;

-- A key is random and shown once; only its SHA-256 stays here.
CREATE TABLE api_keys (
  org_id     integer NOT NULL,
  key_id     uuid NOT NULL,
  digest     bytea NOT NULL CHECK (octet_length(digest) = 32),
  person_id  uuid NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  revoked_at timestamptz,
  -- Of: read, recognitions, earnings. Empty: whatever the person may.
  scopes     text[] NOT NULL DEFAULT '{}',
  -- Of the entry that made it.
  position   bigint NOT NULL,
  label      text,
  -- Of a key that credits points from another system: from which, how many at once and in a day of the organisation's at most,
  -- and what it has credited on the last day that it did.
  source          text,
  points_max      bigint CHECK (points_max >= 1),
  points_max_day  bigint CHECK (points_max_day >= 1),
  credited_on     date,
  credited_points bigint NOT NULL DEFAULT 0 CHECK (credited_points >= 0),
  CHECK (('earnings' = ANY (scopes)) = (source IS NOT NULL)),
  CHECK (num_nulls(source, points_max, points_max_day) IN (0, 3)),
  PRIMARY KEY (org_id, key_id),
  UNIQUE (org_id, digest),
  FOREIGN KEY (org_id, person_id) REFERENCES people
);
CREATE INDEX api_keys_person ON api_keys (org_id, person_id, key_id);

CREATE TABLE recognition_values (
  org_id      integer NOT NULL REFERENCES organizations,
  slug        text COLLATE "C" NOT NULL CHECK (
                slug ~ '^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$' AND octet_length(slug) <= 64),
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
-- The key before its actor: imports ask for what came in under a key, whoever gave it.
CREATE UNIQUE INDEX entries_idempotency ON entries (org_id, key_digest, actor) WHERE key_digest IS NOT NULL;
CREATE INDEX entries_redemptions ON entries (org_id, position) WHERE kind IN (
  'redemption_requested', 'redemption_approved', 'redemption_declined', 'redemption_cancelled', 'redemption_fulfilled',
  'redemption_refunded');
-- What the log said of a reward or a budget at any position, so that a request that made or moved something is answered again as
-- it was the first time.
CREATE INDEX entries_catalogue ON entries (org_id, subject, position)
  WHERE kind IN ('reward_created', 'reward_changed', 'budget_created', 'budget_funded');
-- What the log said of somebody at any position: who they were, and when their allowance began anew, so that what is taken back finds
-- out whether the one that it came from is still the same, balances of any time are found, and exports name whoever decided as they were
-- called then.
CREATE INDEX entries_people ON entries (org_id, subject, position)
  WHERE kind IN ('person_created', 'person_changed', 'allowance_reset', 'allowance_topped_up', 'points_expired');
-- Points that nobody gave, of all and of somebody.
CREATE INDEX entries_corrections ON entries (org_id, kind, position) WHERE kind IN ('earning', 'adjustment');
CREATE INDEX entries_corrections_person ON entries (org_id, subject, kind, position) WHERE kind IN ('earning', 'adjustment');
-- What was decided about a redemption or an award, the reversal of one among it.
CREATE INDEX entries_decisions ON entries (org_id, subject, position) WHERE kind IN (
  'redemption_approved', 'redemption_declined', 'redemption_cancelled', 'redemption_fulfilled', 'redemption_refunded',
  'award_approved', 'award_declined', 'reversal');

CREATE TABLE postings (
  org_id        integer NOT NULL,
  position      bigint NOT NULL,
  line          integer NOT NULL CHECK (line >= 0),
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
  -- Of an allowance: all that top-ups brought into its period and within it, spent or not. What stays over a reset is the smaller
  -- one of it and the balance.
  carried      bigint NOT NULL DEFAULT 0 CHECK (carried >= 0 AND (carried = 0 OR account = 'allowance')),
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
  line      integer NOT NULL,
  person_id uuid NOT NULL,
  PRIMARY KEY (org_id, position, line)
);
CREATE INDEX recognition_recipients_person ON recognition_recipients (org_id, person_id, position);

CREATE TABLE rewards (
  org_id         integer NOT NULL REFERENCES organizations,
  reward_id      uuid NOT NULL,
  sku            text COLLATE "C" NOT NULL,
  name           text NOT NULL,
  description    text NOT NULL,
  -- SKU, name and description as they are searched by; see people.
  search         text COLLATE "C" NOT NULL,
  kind           text NOT NULL CHECK (kind IN ('gift_card', 'merchandise', 'experience', 'donation', 'time_off')),
  price_points   bigint NOT NULL CHECK (price_points >= 1),
  -- In ten-thousandths of the currency's unit.
  cost           bigint NOT NULL CHECK (cost >= 0),
  currency       text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  -- Whether there is a stock account; without, there is always one more.
  is_limited     boolean NOT NULL,
  fulfilment     text NOT NULL CHECK (fulfilment IN ('instant', 'manual')),
  needs_approval boolean NOT NULL,
  taxable        boolean NOT NULL,
  active         boolean NOT NULL,
  image_url      text,
  -- The position of the entry that last changed this row.
  position       bigint NOT NULL,
  PRIMARY KEY (org_id, reward_id),
  UNIQUE (org_id, sku)
);

-- A redemption as it was requested, and where it stands. What finance reports is a copy of that day, so that a later change of
-- the catalogue or the directory shifts no export.
CREATE TABLE redemptions (
  org_id         integer NOT NULL,
  redemption_id  uuid NOT NULL,
  -- Of the entry that requested it.
  position       bigint NOT NULL,
  person_id      uuid NOT NULL,
  reward_id      uuid NOT NULL,
  reward_sku     text NOT NULL,
  reward_name    text NOT NULL,
  quantity       integer NOT NULL CHECK (quantity >= 1),
  points         bigint NOT NULL CHECK (points >= 1),
  unit_cost      bigint NOT NULL CHECK (unit_cost >= 0),
  currency       text NOT NULL,
  taxable        boolean NOT NULL,
  cost_centre    text,
  -- Whether units were taken from a stock, so that giving back knows.
  takes_stock    boolean NOT NULL,
  -- Where it stood once it was requested; an instant one was fulfilled by the entry after.
  first_state    text NOT NULL CHECK (first_state IN ('pending_approval', 'approved', 'fulfilled')),
  -- Particulars of the person; erasing empties them.
  person_handle  text,
  person_name    text,
  department     text,
  state          text NOT NULL CHECK (state IN (
                   'pending_approval', 'approved', 'fulfilled', 'declined', 'cancelled', 'refunded')),
  -- Of the entry that last changed the state.
  state_position bigint NOT NULL,
  -- What the redeemer gets: a voucher's code. For the redeemer alone.
  code           text,
  PRIMARY KEY (org_id, redemption_id),
  UNIQUE (org_id, position),
  FOREIGN KEY (org_id, reward_id) REFERENCES rewards,
  FOREIGN KEY (org_id, person_id) REFERENCES people
);
CREATE INDEX redemptions_person ON redemptions (org_id, person_id, position);
CREATE INDEX redemptions_state ON redemptions (org_id, state, position);
-- Those that waited for approval: finance is told of them.
CREATE INDEX redemptions_waiting ON redemptions (org_id, position) WHERE first_state = 'pending_approval';

-- What paid for a redemption, the oldest first: it sums to its points. A budget is named as it was called then.
CREATE TABLE redemption_sources (
  org_id    integer NOT NULL,
  -- Of the entry that requested it.
  position  bigint NOT NULL,
  line      integer NOT NULL CHECK (line >= 0),
  kind      text NOT NULL CHECK (kind IN ('allowance', 'history', 'budget', 'earning', 'adjustment')),
  budget_id uuid,
  -- The budget's, or that of the system where they were earned.
  name      text,
  -- Whether the budget is.
  taxable   boolean NOT NULL,
  points    bigint NOT NULL CHECK (points >= 1),
  PRIMARY KEY (org_id, position, line),
  CHECK ((kind = 'budget') = (budget_id IS NOT NULL)),
  CHECK ((kind IN ('budget', 'earning')) = (name IS NOT NULL)),
  CHECK (kind = 'budget' OR NOT taxable)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON redemption_sources
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A lot is a credit posting to a person's points. Only its use is written: positive when spent, negative when given back.
CREATE TABLE lot_uses (
  org_id       integer NOT NULL,
  position     bigint NOT NULL,
  line         integer NOT NULL CHECK (line >= 0),
  lot_position bigint NOT NULL,
  lot_line     integer NOT NULL,
  amount       bigint NOT NULL CHECK (amount <> 0),
  PRIMARY KEY (org_id, position, line)
);
CREATE INDEX lot_uses_lot ON lot_uses (org_id, lot_position, lot_line);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON lot_uses
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE budgets (
  org_id         integer NOT NULL REFERENCES organizations,
  budget_id      uuid NOT NULL,
  name           text NOT NULL,
  owner          uuid NOT NULL,
  starts_on      date NOT NULL,
  ends_on        date NOT NULL,
  cost_centre    text,
  -- What one giver gives one recipient beyond it waits for approval; null: nothing does.
  approval_above bigint CHECK (approval_above >= 0),
  taxable        boolean NOT NULL,
  position       bigint NOT NULL,
  PRIMARY KEY (org_id, budget_id),
  UNIQUE (org_id, name),
  FOREIGN KEY (org_id, owner) REFERENCES people,
  CHECK (starts_on <= ends_on)
);

CREATE TABLE awards (
  org_id         integer NOT NULL,
  award_id       uuid NOT NULL,
  position       bigint NOT NULL,
  giver          uuid NOT NULL,
  budget_id      uuid NOT NULL,
  -- For each recipient.
  points         bigint NOT NULL CHECK (points >= 1),
  "values"       text[] NOT NULL,
  recipients     uuid[] NOT NULL,
  state          text NOT NULL CHECK (state IN ('granted', 'pending_approval', 'declined')),
  state_position bigint NOT NULL,
  PRIMARY KEY (org_id, award_id),
  UNIQUE (org_id, position),
  FOREIGN KEY (org_id, budget_id) REFERENCES budgets
);
CREATE INDEX awards_waiting ON awards (org_id, position) WHERE state <> 'granted' OR state_position <> position;
CREATE INDEX awards_granted ON awards (org_id, state_position) WHERE state = 'granted';

-- What somebody gave somebody from a budget, less what was taken back: it follows from the awards, and says whether the next one
-- waits without a look at those before.
CREATE TABLE award_totals (
  org_id    integer NOT NULL,
  budget_id uuid NOT NULL,
  giver     uuid NOT NULL,
  recipient uuid NOT NULL,
  points    bigint NOT NULL,
  PRIMARY KEY (org_id, budget_id, giver, recipient)
);

-- Points of one's own added to somebody's recognition, for the same recipients.
CREATE TABLE boosts (
  org_id               integer NOT NULL,
  position             bigint NOT NULL,
  recognition_position bigint NOT NULL,
  giver                uuid NOT NULL,
  -- For each recipient.
  points               bigint NOT NULL CHECK (points >= 1),
  occurred_at          timestamptz NOT NULL,
  PRIMARY KEY (org_id, position),
  FOREIGN KEY (org_id, recognition_position) REFERENCES recognitions
);
CREATE INDEX boosts_recognition ON boosts (org_id, recognition_position, position);
CREATE INDEX boosts_giver ON boosts (org_id, giver, occurred_at, position);

-- Points from other systems. Whose they are and why say the posting and the words.
CREATE TABLE earnings (
  org_id   integer NOT NULL,
  position bigint NOT NULL,
  source   text NOT NULL,
  -- The system's key, where it credited them itself.
  key_id   uuid,
  PRIMARY KEY (org_id, position)
);

-- What was taken back, and by which entry. The key: nothing is reversed twice.
CREATE TABLE reversals (
  org_id            integer NOT NULL,
  -- Of the recognition, boost, award (its granting entry) or earning.
  reversed_position bigint NOT NULL,
  -- Of the reversing entry.
  position          bigint NOT NULL CHECK (position > reversed_position),
  PRIMARY KEY (org_id, reversed_position)
);
CREATE INDEX reversals_position ON reversals (org_id, position);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON boosts
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON earnings
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON reversals
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Lots earned while the programme let points run out: the last day on which they can be used, in the organisation's time zone,
-- and what is left of them. It follows from postings and lot_uses; here it can be found by day.
CREATE TABLE expiring_lots (
  org_id     integer NOT NULL,
  position   bigint NOT NULL,
  line       integer NOT NULL,
  person_id  uuid NOT NULL,
  expires_on date NOT NULL,
  remaining  bigint NOT NULL CHECK (remaining >= 0),
  PRIMARY KEY (org_id, position, line)
);
CREATE INDEX expiring_lots_day ON expiring_lots (org_id, expires_on) WHERE remaining > 0;
CREATE INDEX expiring_lots_person ON expiring_lots (org_id, person_id, expires_on) WHERE remaining > 0;

-- Whom an entry concerns, where neither its recipients nor an index of its postings tell quickly: who was given an award or a
-- boost, whose award or redemption somebody else decided on, whose thanks were taken back, who was mentioned in a public recognition
-- of others. What waits for approval is found by its state, recipients of recognitions by `recognition_recipients`, so thanking writes nothing here. It holds positions alone, follows from the log, and stands
-- outside of the hash chain: losing it loses no history.
CREATE TABLE notices (
  org_id    integer NOT NULL,
  person_id uuid NOT NULL,
  position  bigint NOT NULL,
  PRIMARY KEY (org_id, person_id, position)
);
