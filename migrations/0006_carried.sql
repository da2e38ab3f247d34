-- Orders that outlive their day, because they are not final or are held: the same columns as the tables that they come
-- from, without partitions. A fence of its own, `carried`, says that a number's rows lie here.

CREATE TABLE orders_carried (
  number      BIGINT            NOT NULL,
  bucket      SMALLINT UNSIGNED NOT NULL,
  version     INT UNSIGNED      NOT NULL,
  status      ENUM('created', 'paid', 'accepted', 'cooking', 'ready', 'dispatched', 'picked_up', 'delivered',
                   'cancelled', 'refunded') NOT NULL,
  member_id   VARCHAR(64)       NOT NULL,
  shop_id     VARCHAR(64)       NOT NULL,
  currency    CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  total       BIGINT            NOT NULL,
  details     JSON              NOT NULL,
  created_at  DATETIME(3)       NOT NULL,
  updated_at  DATETIME(3)       NOT NULL,
  PRIMARY KEY (number),
  KEY orders_carried_by_bucket (bucket, number)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE order_items_carried (
  number      BIGINT            NOT NULL,
  line        SMALLINT UNSIGNED NOT NULL,
  bucket      SMALLINT UNSIGNED NOT NULL,
  menu_id     VARCHAR(64)       NOT NULL,
  name        VARCHAR(255)      NOT NULL,
  unit_price  BIGINT            NOT NULL,
  quantity    INT UNSIGNED      NOT NULL,
  amount      BIGINT            NOT NULL,
  PRIMARY KEY (number, line)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TRIGGER orders_carried_guard_insert BEFORE INSERT ON orders_carried FOR EACH ROW
BEGIN
  IF COALESCE(FIND_IN_SET(NEW.bucket, @ordershard_bucket), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not one that this scope opened';
  END IF;
END;

CREATE TRIGGER orders_carried_guard_update BEFORE UPDATE ON orders_carried FOR EACH ROW
BEGIN
  IF (COALESCE(FIND_IN_SET(OLD.bucket, @ordershard_bucket), 0) = 0 OR NOT (NEW.bucket <=> OLD.bucket)) AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not one that this scope opened';
  END IF;
END;

CREATE TRIGGER orders_carried_guard_delete BEFORE DELETE ON orders_carried FOR EACH ROW
BEGIN
  IF COALESCE(FIND_IN_SET(OLD.bucket, @ordershard_bucket), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not one that this scope opened';
  END IF;
END;

CREATE TRIGGER order_items_carried_guard_insert BEFORE INSERT ON order_items_carried FOR EACH ROW
BEGIN
  IF COALESCE(FIND_IN_SET(NEW.bucket, @ordershard_bucket), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not one that this scope opened';
  END IF;
END;

CREATE TRIGGER order_items_carried_guard_update BEFORE UPDATE ON order_items_carried FOR EACH ROW
BEGIN
  IF (COALESCE(FIND_IN_SET(OLD.bucket, @ordershard_bucket), 0) = 0 OR NOT (NEW.bucket <=> OLD.bucket)) AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not one that this scope opened';
  END IF;
END;

CREATE TRIGGER order_items_carried_guard_delete BEFORE DELETE ON order_items_carried FOR EACH ROW
BEGIN
  IF COALESCE(FIND_IN_SET(OLD.bucket, @ordershard_bucket), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not one that this scope opened';
  END IF;
END;
