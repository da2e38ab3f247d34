-- Rows that outlive their day, and what operators want kept.

-- Units of numbers that are carried over: the columns of applied_units, without partitions.
CREATE TABLE applied_units_carried (
  number      BIGINT            NOT NULL,
  unit_id     BINARY(16)        NOT NULL,
  bucket      SMALLINT UNSIGNED NOT NULL,
  unit_hash   BINARY(32)        NOT NULL,
  outcome     ENUM('applied', 'tombstone') NOT NULL DEFAULT 'applied',
  result      TEXT              NULL,
  applied_at  DATETIME(3)       NOT NULL,
  PRIMARY KEY (number, unit_id)
) ENGINE = InnoDB;

CREATE TRIGGER applied_units_carried_guard_insert BEFORE INSERT ON applied_units_carried FOR EACH ROW
BEGIN
  IF COALESCE(FIND_IN_SET(NEW.bucket, @ordershard_bucket), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not one that this scope opened';
  END IF;
END;

CREATE TRIGGER applied_units_carried_guard_update BEFORE UPDATE ON applied_units_carried FOR EACH ROW
BEGIN
  IF (COALESCE(FIND_IN_SET(OLD.bucket, @ordershard_bucket), 0) = 0 OR NOT (NEW.bucket <=> OLD.bucket)) AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not one that this scope opened';
  END IF;
END;

CREATE TRIGGER applied_units_carried_guard_delete BEFORE DELETE ON applied_units_carried FOR EACH ROW
BEGIN
  IF COALESCE(FIND_IN_SET(OLD.bucket, @ordershard_bucket), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not one that this scope opened';
  END IF;
END;

-- Numbers that are kept whatever their age, until they are released. A number's hold lies where the number lives.
CREATE TABLE retention_holds (
  number    BIGINT            NOT NULL,
  bucket    SMALLINT UNSIGNED NOT NULL,
  reason    VARCHAR(255)      NOT NULL,
  held_by   VARCHAR(128)      NOT NULL,
  held_at   DATETIME(3)       NOT NULL,
  PRIMARY KEY (number)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TRIGGER retention_holds_guard_insert BEFORE INSERT ON retention_holds FOR EACH ROW
BEGIN
  IF COALESCE(FIND_IN_SET(NEW.bucket, @ordershard_bucket), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not one that this scope opened';
  END IF;
END;

CREATE TRIGGER retention_holds_guard_update BEFORE UPDATE ON retention_holds FOR EACH ROW
BEGIN
  IF (COALESCE(FIND_IN_SET(OLD.bucket, @ordershard_bucket), 0) = 0 OR NOT (NEW.bucket <=> OLD.bucket)) AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not one that this scope opened';
  END IF;
END;

CREATE TRIGGER retention_holds_guard_delete BEFORE DELETE ON retention_holds FOR EACH ROW
BEGIN
  IF COALESCE(FIND_IN_SET(OLD.bucket, @ordershard_bucket), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not one that this scope opened';
  END IF;
END;

-- How far each day past its retention has gone on this shard, what its archive is, and why it goes no further. The
-- manifest is what was archived, as it must be found again before anything is dropped.
CREATE TABLE retention_days (
  day         DATE         NOT NULL,
  step        ENUM('closing', 'archived', 'detached', 'dropped') NOT NULL,
  archive     VARCHAR(512) CHARACTER SET ascii COLLATE ascii_bin NULL,
  manifest    TEXT         NULL,
  carried     BIGINT UNSIGNED NOT NULL,
  kept_for    VARCHAR(1000) NULL,
  started_at  DATETIME(3)  NOT NULL,
  changed_at  DATETIME(3)  NOT NULL,
  PRIMARY KEY (day)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
