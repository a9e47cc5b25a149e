-- Spending and awarding: the catalogue, redemptions, budgets and awards, and which points were spent.

CREATE TABLE rewards (
  org_id         integer NOT NULL REFERENCES organizations,
  reward_id      uuid NOT NULL,
  sku            text COLLATE "C" NOT NULL,
  name           text NOT NULL,
  description    text NOT NULL,
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
  -- Where the points came from, as recorded with the lots that were used.
  budget_sources text NOT NULL,
  -- Whether units were taken from a stock, so that giving back knows.
  takes_stock    boolean NOT NULL,
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
CREATE INDEX entries_redemptions ON entries (org_id, position) WHERE kind IN (
  'redemption_requested', 'redemption_approved', 'redemption_declined', 'redemption_cancelled', 'redemption_fulfilled',
  'redemption_refunded');

-- A lot is a credit posting to a person's points. Only its use is written: positive when spent, negative when given back.
CREATE TABLE lot_uses (
  org_id       integer NOT NULL,
  position     bigint NOT NULL,
  line         smallint NOT NULL CHECK (line >= 0),
  lot_position bigint NOT NULL,
  lot_line     smallint NOT NULL,
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
  -- Awards of more in all wait for approval; null: none does.
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
CREATE INDEX awards_granted ON awards (org_id, state_position) WHERE state = 'granted';
