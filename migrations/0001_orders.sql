-- The order tables. Every shard has all of them. Amounts are in minor units of the order's currency.
-- Tables partitioned by number take rows only for days whose partition was made ahead.

CREATE TABLE orders (
  number      BIGINT            NOT NULL,
  bucket      SMALLINT UNSIGNED NOT NULL,
  version     INT UNSIGNED      NOT NULL,
  status      ENUM('created', 'paid', 'accepted', 'cooking', 'ready', 'dispatched', 'picked_up', 'delivered',
                   'cancelled', 'refunded') NOT NULL,
  member_id   VARCHAR(64)       NOT NULL,
  shop_id     VARCHAR(64)       NOT NULL,
  currency    CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  total       BIGINT            NOT NULL,
  -- What no query of the write side filters by: shop name, address, note, timeline, cancellation, refund.
  details     JSON              NOT NULL,
  created_at  DATETIME(3)       NOT NULL,
  updated_at  DATETIME(3)       NOT NULL,
  PRIMARY KEY (number),
  KEY orders_by_bucket (bucket, number)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
PARTITION BY RANGE (number) (PARTITION p_floor VALUES LESS THAN (0));

CREATE TABLE order_items (
  number      BIGINT            NOT NULL,
  line        SMALLINT UNSIGNED NOT NULL,
  bucket      SMALLINT UNSIGNED NOT NULL,
  menu_id     VARCHAR(64)       NOT NULL,
  name        VARCHAR(255)      NOT NULL,
  unit_price  BIGINT            NOT NULL,
  quantity    INT UNSIGNED      NOT NULL,
  amount      BIGINT            NOT NULL,
  PRIMARY KEY (number, line)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
PARTITION BY RANGE (number) (PARTITION p_floor VALUES LESS THAN (0));

-- One row for each idempotency key of a caller, with the answer to give again. Not partitioned: keys expire by
-- index, in small batches.
CREATE TABLE idempotency_keys (
  caller          VARCHAR(128)      NOT NULL,
  idempotency_key VARCHAR(255)      NOT NULL,
  bucket          SMALLINT UNSIGNED NOT NULL,
  key_generation  INT UNSIGNED      NOT NULL,
  request_hash    BINARY(32)        NOT NULL,
  number          BIGINT            NOT NULL,
  answer          MEDIUMTEXT        NOT NULL,
  expires_at      DATETIME(3)       NOT NULL,
  PRIMARY KEY (caller, idempotency_key),
  KEY idempotency_keys_by_expiry (expires_at),
  KEY idempotency_keys_by_bucket (bucket)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The outbox of the order topic, split by hash of the order number. The columns are those that
-- Debezium's EventRouter reads; day is the UTC day of the insert. id has gaps, and rows of late commits appear below later ones.
CREATE TABLE outbox_orders_0 (
  id             BIGINT UNSIGNED   NOT NULL AUTO_INCREMENT,
  day            DATE              NOT NULL,
  event_id       VARCHAR(64)       CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  aggregatetype  VARCHAR(64)       CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  aggregateid    VARCHAR(64)       CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  type           VARCHAR(64)       CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  sequence       INT UNSIGNED      NOT NULL,
  bucket         SMALLINT UNSIGNED NOT NULL,
  payload        MEDIUMTEXT        NOT NULL,
  traceparent    VARCHAR(55)       CHARACTER SET ascii COLLATE ascii_bin NULL,
  occurred_at    DATETIME(3)       NOT NULL,
  PRIMARY KEY (id, day)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
PARTITION BY RANGE COLUMNS (day) (PARTITION p_floor VALUES LESS THAN ('2025-01-01'));

CREATE TABLE outbox_orders_1 LIKE outbox_orders_0;

CREATE TABLE outbox_orders_2 LIKE outbox_orders_0;

CREATE TABLE outbox_orders_3 LIKE outbox_orders_0;

-- Into how many tables each topic's outbox is split. A client that was told otherwise refuses to run.
CREATE TABLE outbox_topics (
  topic   VARCHAR(64)       CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  tables  SMALLINT UNSIGNED NOT NULL,
  PRIMARY KEY (topic)
) ENGINE = InnoDB;

INSERT INTO outbox_topics (topic, tables) VALUES ('orders', 4);

-- How far each outbox table is relayed: every id up to settled_id, but for the gaps still open, is published.
-- One holder at a time; token rises with each change of holder.
CREATE TABLE outbox_relays (
  table_name    VARCHAR(64)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  holder        VARCHAR(128)    NOT NULL,
  token         BIGINT UNSIGNED NOT NULL,
  leased_until  DATETIME(3)     NOT NULL,
  settled_id    BIGINT UNSIGNED NOT NULL,
  gaps          MEDIUMTEXT      NOT NULL,
  PRIMARY KEY (table_name)
) ENGINE = InnoDB;

-- Shops with their menus, the same rows on every shard: an order is placed as long as any shard lives.
CREATE TABLE catalogue_shops (
  shop_id   VARCHAR(64)     NOT NULL,
  revision  BIGINT UNSIGNED NOT NULL,
  body      JSON            NOT NULL,
  PRIMARY KEY (shop_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
