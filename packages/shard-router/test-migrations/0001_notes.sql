-- A routed table for the tests: rows by number. Its guard looks at the bucket alone, so that tests can write several rows in one scope.
CREATE TABLE notes (
  number  BIGINT            NOT NULL,
  bucket  SMALLINT UNSIGNED NOT NULL,
  body    VARCHAR(255)      NOT NULL,
  PRIMARY KEY (number)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TRIGGER notes_guard_insert BEFORE INSERT ON notes FOR EACH ROW
BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', NEW.bucket, ':')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not one that this scope opened';
  END IF;
END;
