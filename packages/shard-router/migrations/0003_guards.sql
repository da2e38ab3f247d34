-- Rows of a routed table are only written in a scope that opened their bucket: the variable lists what is open. A session
-- that fences its writes itself says so by setting it to -1.

CREATE TRIGGER applied_units_guard_insert BEFORE INSERT ON applied_units FOR EACH ROW
BEGIN
  IF COALESCE(FIND_IN_SET(NEW.bucket, @ordershard_bucket), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not one that this scope opened';
  END IF;
END;

CREATE TRIGGER applied_units_guard_update BEFORE UPDATE ON applied_units FOR EACH ROW
BEGIN
  IF (COALESCE(FIND_IN_SET(OLD.bucket, @ordershard_bucket), 0) = 0 OR NOT (NEW.bucket <=> OLD.bucket)) AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not one that this scope opened';
  END IF;
END;

CREATE TRIGGER applied_units_guard_delete BEFORE DELETE ON applied_units FOR EACH ROW
BEGIN
  IF COALESCE(FIND_IN_SET(OLD.bucket, @ordershard_bucket), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not one that this scope opened';
  END IF;
END;
