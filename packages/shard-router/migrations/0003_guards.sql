-- Rows of a routed table are only written in a scope that opened their bucket. A session that fences its writes itself
-- says so by setting the variable to -1.

CREATE TRIGGER applied_units_guard_insert BEFORE INSERT ON applied_units FOR EACH ROW
BEGIN
  IF NOT (NEW.bucket <=> @ordershard_bucket) AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not the one this scope opened';
  END IF;
END;

CREATE TRIGGER applied_units_guard_update BEFORE UPDATE ON applied_units FOR EACH ROW
BEGIN
  IF NOT (OLD.bucket <=> @ordershard_bucket AND NEW.bucket <=> @ordershard_bucket) AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not the one this scope opened';
  END IF;
END;

CREATE TRIGGER applied_units_guard_delete BEFORE DELETE ON applied_units FOR EACH ROW
BEGIN
  IF NOT (OLD.bucket <=> @ordershard_bucket) AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: the row''s bucket is not the one this scope opened';
  END IF;
END;
