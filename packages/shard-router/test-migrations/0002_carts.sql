-- A routed table for the tests: rows by a text key.
CREATE TABLE carts (
  cart    VARCHAR(64)       NOT NULL,
  bucket  SMALLINT UNSIGNED NOT NULL,
  body    VARCHAR(255)      NOT NULL,
  PRIMARY KEY (cart),
  KEY carts_by_bucket (bucket, cart)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TRIGGER carts_guard_insert BEFORE INSERT ON carts FOR EACH ROW
BEGIN
  IF COALESCE(LOCATE(CONCAT(',', NEW.bucket, ':x', HEX(NEW.cart), ','), @ordershard_rows), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row is not one of the key that this scope opened';
  END IF;
END;
