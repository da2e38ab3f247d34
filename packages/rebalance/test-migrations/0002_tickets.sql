-- Seats of tickets, by a text key.
CREATE TABLE tickets (
  ticket  VARCHAR(64)       NOT NULL,
  seat    SMALLINT UNSIGNED NOT NULL,
  bucket  SMALLINT UNSIGNED NOT NULL,
  body    VARCHAR(255)      NOT NULL,
  PRIMARY KEY (ticket, seat),
  KEY tickets_by_bucket (bucket, ticket)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TRIGGER tickets_guard_insert BEFORE INSERT ON tickets FOR EACH ROW
BEGIN
  IF COALESCE(LOCATE(CONCAT(',', NEW.bucket, ':x', HEX(NEW.ticket), ','), @ordershard_rows), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row is not one of the key that this scope opened';
  END IF;
END;
