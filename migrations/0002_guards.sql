-- Rows of these tables are only written in a scope that opened their bucket: the variable lists what is open. A session
-- that fences its writes itself says so by setting it to -1.

CREATE TRIGGER orders_guard_insert BEFORE INSERT ON orders FOR EACH ROW
BEGIN
  IF COALESCE(FIND_IN_SET(NEW.bucket, @ordershard_bucket), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not one that this scope opened';
  END IF;
END;

CREATE TRIGGER orders_guard_update BEFORE UPDATE ON orders FOR EACH ROW
BEGIN
  IF (COALESCE(FIND_IN_SET(OLD.bucket, @ordershard_bucket), 0) = 0 OR NOT (NEW.bucket <=> OLD.bucket)) AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not one that this scope opened';
  END IF;
END;

CREATE TRIGGER orders_guard_delete BEFORE DELETE ON orders FOR EACH ROW
BEGIN
  IF COALESCE(FIND_IN_SET(OLD.bucket, @ordershard_bucket), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not one that this scope opened';
  END IF;
END;

CREATE TRIGGER order_items_guard_insert BEFORE INSERT ON order_items FOR EACH ROW
BEGIN
  IF COALESCE(FIND_IN_SET(NEW.bucket, @ordershard_bucket), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not one that this scope opened';
  END IF;
END;

CREATE TRIGGER order_items_guard_update BEFORE UPDATE ON order_items FOR EACH ROW
BEGIN
  IF (COALESCE(FIND_IN_SET(OLD.bucket, @ordershard_bucket), 0) = 0 OR NOT (NEW.bucket <=> OLD.bucket)) AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not one that this scope opened';
  END IF;
END;

CREATE TRIGGER order_items_guard_delete BEFORE DELETE ON order_items FOR EACH ROW
BEGIN
  IF COALESCE(FIND_IN_SET(OLD.bucket, @ordershard_bucket), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not one that this scope opened';
  END IF;
END;

CREATE TRIGGER outbox_orders_0_guard_insert BEFORE INSERT ON outbox_orders_0 FOR EACH ROW
BEGIN
  IF COALESCE(FIND_IN_SET(NEW.bucket, @ordershard_bucket), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not one that this scope opened';
  END IF;
END;

CREATE TRIGGER outbox_orders_0_guard_update BEFORE UPDATE ON outbox_orders_0 FOR EACH ROW
BEGIN
  IF (COALESCE(FIND_IN_SET(OLD.bucket, @ordershard_bucket), 0) = 0 OR NOT (NEW.bucket <=> OLD.bucket)) AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not one that this scope opened';
  END IF;
END;

CREATE TRIGGER outbox_orders_0_guard_delete BEFORE DELETE ON outbox_orders_0 FOR EACH ROW
BEGIN
  IF COALESCE(FIND_IN_SET(OLD.bucket, @ordershard_bucket), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not one that this scope opened';
  END IF;
END;

CREATE TRIGGER outbox_orders_1_guard_insert BEFORE INSERT ON outbox_orders_1 FOR EACH ROW
BEGIN
  IF COALESCE(FIND_IN_SET(NEW.bucket, @ordershard_bucket), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not one that this scope opened';
  END IF;
END;

CREATE TRIGGER outbox_orders_1_guard_update BEFORE UPDATE ON outbox_orders_1 FOR EACH ROW
BEGIN
  IF (COALESCE(FIND_IN_SET(OLD.bucket, @ordershard_bucket), 0) = 0 OR NOT (NEW.bucket <=> OLD.bucket)) AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not one that this scope opened';
  END IF;
END;

CREATE TRIGGER outbox_orders_1_guard_delete BEFORE DELETE ON outbox_orders_1 FOR EACH ROW
BEGIN
  IF COALESCE(FIND_IN_SET(OLD.bucket, @ordershard_bucket), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not one that this scope opened';
  END IF;
END;

CREATE TRIGGER outbox_orders_2_guard_insert BEFORE INSERT ON outbox_orders_2 FOR EACH ROW
BEGIN
  IF COALESCE(FIND_IN_SET(NEW.bucket, @ordershard_bucket), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not one that this scope opened';
  END IF;
END;

CREATE TRIGGER outbox_orders_2_guard_update BEFORE UPDATE ON outbox_orders_2 FOR EACH ROW
BEGIN
  IF (COALESCE(FIND_IN_SET(OLD.bucket, @ordershard_bucket), 0) = 0 OR NOT (NEW.bucket <=> OLD.bucket)) AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not one that this scope opened';
  END IF;
END;

CREATE TRIGGER outbox_orders_2_guard_delete BEFORE DELETE ON outbox_orders_2 FOR EACH ROW
BEGIN
  IF COALESCE(FIND_IN_SET(OLD.bucket, @ordershard_bucket), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not one that this scope opened';
  END IF;
END;

CREATE TRIGGER outbox_orders_3_guard_insert BEFORE INSERT ON outbox_orders_3 FOR EACH ROW
BEGIN
  IF COALESCE(FIND_IN_SET(NEW.bucket, @ordershard_bucket), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not one that this scope opened';
  END IF;
END;

CREATE TRIGGER outbox_orders_3_guard_update BEFORE UPDATE ON outbox_orders_3 FOR EACH ROW
BEGIN
  IF (COALESCE(FIND_IN_SET(OLD.bucket, @ordershard_bucket), 0) = 0 OR NOT (NEW.bucket <=> OLD.bucket)) AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not one that this scope opened';
  END IF;
END;

CREATE TRIGGER outbox_orders_3_guard_delete BEFORE DELETE ON outbox_orders_3 FOR EACH ROW
BEGIN
  IF COALESCE(FIND_IN_SET(OLD.bucket, @ordershard_bucket), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not one that this scope opened';
  END IF;
END;

-- Keys are found by the bucket of the key, not of the number.

CREATE TRIGGER idempotency_keys_guard_insert BEFORE INSERT ON idempotency_keys FOR EACH ROW
BEGIN
  IF COALESCE(FIND_IN_SET(NEW.bucket, @ordershard_key_bucket), 0) = 0 AND NOT (@ordershard_key_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not one that this scope opened';
  END IF;
END;

CREATE TRIGGER idempotency_keys_guard_update BEFORE UPDATE ON idempotency_keys FOR EACH ROW
BEGIN
  IF (COALESCE(FIND_IN_SET(OLD.bucket, @ordershard_key_bucket), 0) = 0 OR NOT (NEW.bucket <=> OLD.bucket)) AND NOT (@ordershard_key_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not one that this scope opened';
  END IF;
END;

CREATE TRIGGER idempotency_keys_guard_delete BEFORE DELETE ON idempotency_keys FOR EACH ROW
BEGIN
  IF COALESCE(FIND_IN_SET(OLD.bucket, @ordershard_key_bucket), 0) = 0 AND NOT (@ordershard_key_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not one that this scope opened';
  END IF;
END;
