-- Another application's tables, for the tests: rides by number with their stops, and promises by key.
CREATE TABLE rides (
  number    BIGINT            NOT NULL,
  bucket    SMALLINT UNSIGNED NOT NULL,
  rider     VARCHAR(64)       NOT NULL,
  fare      DECIMAL(12,2)     NULL,
  distance  FLOAT             NOT NULL DEFAULT 0,
  photo     VARBINARY(64)     NULL,
  extra     JSON              NULL,
  taken_at  DATETIME(6)       NOT NULL,
  rider_key CHAR(3) AS (LEFT(rider, 3)) STORED,
  PRIMARY KEY (number),
  KEY rides_by_bucket (bucket, number)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
PARTITION BY RANGE (number) (PARTITION p_floor VALUES LESS THAN (0));

CREATE TABLE ride_stops (
  number  BIGINT            NOT NULL,
  place   SMALLINT UNSIGNED NOT NULL,
  bucket  SMALLINT UNSIGNED NOT NULL,
  name    VARCHAR(255)      NOT NULL,
  PRIMARY KEY (number, place)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
PARTITION BY RANGE (number) (PARTITION p_floor VALUES LESS THAN (0));

CREATE TABLE promises (
  promise         VARCHAR(64)       NOT NULL,
  bucket          SMALLINT UNSIGNED NOT NULL,
  key_generation  INT UNSIGNED      NOT NULL,
  body            VARCHAR(255)      NOT NULL,
  PRIMARY KEY (promise),
  KEY promises_by_bucket (bucket)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TRIGGER rides_guard_insert BEFORE INSERT ON rides FOR EACH ROW
BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', NEW.bucket, ':')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not one that this scope opened';
  END IF;
END;
