-- Which relays are alive, so that they share the tables evenly.
CREATE TABLE outbox_members (
  instance    VARCHAR(128)  NOT NULL,
  seen_until  DATETIME(3)   NOT NULL,
  PRIMARY KEY (instance)
) ENGINE = InnoDB;

-- Rows of the outbox that Kafka refused for what they are, with its reason, and without one those of the same
-- orders that wait behind them. Discarded ones hold nothing any more.
CREATE TABLE outbox_parked (
  table_name   VARCHAR(64)       CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id           BIGINT UNSIGNED   NOT NULL,
  aggregateid  VARCHAR(64)       CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  event_id     VARCHAR(64)       CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  bucket       SMALLINT UNSIGNED NOT NULL,
  reason       VARCHAR(1000)     NULL,
  state        ENUM('parked', 'released', 'discarded') NOT NULL,
  attempts     INT UNSIGNED      NOT NULL,
  parked_at    DATETIME(3)       NOT NULL,
  changed_by   VARCHAR(128)      NULL,
  note         VARCHAR(255)      NULL,
  PRIMARY KEY (table_name, id),
  KEY outbox_parked_by_key (table_name, aggregateid)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
