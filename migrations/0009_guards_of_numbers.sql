-- The guards compare the number of a row, not its bucket alone: a row of another number that carries the scope's bucket is
-- refused too. An event's number is its aggregateid; keys are found by the bucket of the key.

DROP TRIGGER IF EXISTS orders_guard_insert;

CREATE TRIGGER `orders_guard_insert` BEFORE INSERT ON `orders` FOR EACH ROW
BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', NEW.`bucket`, ':', NEW.`number`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END;

DROP TRIGGER IF EXISTS orders_guard_update;

CREATE TRIGGER `orders_guard_update` BEFORE UPDATE ON `orders` FOR EACH ROW
BEGIN
  IF (COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`number`, ',')), 0) = 0 OR NOT (NEW.`bucket` <=> OLD.`bucket` AND NEW.`number` <=> OLD.`number`)) AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END;

DROP TRIGGER IF EXISTS orders_guard_delete;

CREATE TRIGGER `orders_guard_delete` BEFORE DELETE ON `orders` FOR EACH ROW
BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`number`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END;

DROP TRIGGER IF EXISTS orders_carried_guard_insert;

CREATE TRIGGER `orders_carried_guard_insert` BEFORE INSERT ON `orders_carried` FOR EACH ROW
BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', NEW.`bucket`, ':', NEW.`number`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END;

DROP TRIGGER IF EXISTS orders_carried_guard_update;

CREATE TRIGGER `orders_carried_guard_update` BEFORE UPDATE ON `orders_carried` FOR EACH ROW
BEGIN
  IF (COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`number`, ',')), 0) = 0 OR NOT (NEW.`bucket` <=> OLD.`bucket` AND NEW.`number` <=> OLD.`number`)) AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END;

DROP TRIGGER IF EXISTS orders_carried_guard_delete;

CREATE TRIGGER `orders_carried_guard_delete` BEFORE DELETE ON `orders_carried` FOR EACH ROW
BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`number`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END;

DROP TRIGGER IF EXISTS order_items_guard_insert;

CREATE TRIGGER `order_items_guard_insert` BEFORE INSERT ON `order_items` FOR EACH ROW
BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', NEW.`bucket`, ':', NEW.`number`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END;

DROP TRIGGER IF EXISTS order_items_guard_update;

CREATE TRIGGER `order_items_guard_update` BEFORE UPDATE ON `order_items` FOR EACH ROW
BEGIN
  IF (COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`number`, ',')), 0) = 0 OR NOT (NEW.`bucket` <=> OLD.`bucket` AND NEW.`number` <=> OLD.`number`)) AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END;

DROP TRIGGER IF EXISTS order_items_guard_delete;

CREATE TRIGGER `order_items_guard_delete` BEFORE DELETE ON `order_items` FOR EACH ROW
BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`number`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END;

DROP TRIGGER IF EXISTS order_items_carried_guard_insert;

CREATE TRIGGER `order_items_carried_guard_insert` BEFORE INSERT ON `order_items_carried` FOR EACH ROW
BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', NEW.`bucket`, ':', NEW.`number`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END;

DROP TRIGGER IF EXISTS order_items_carried_guard_update;

CREATE TRIGGER `order_items_carried_guard_update` BEFORE UPDATE ON `order_items_carried` FOR EACH ROW
BEGIN
  IF (COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`number`, ',')), 0) = 0 OR NOT (NEW.`bucket` <=> OLD.`bucket` AND NEW.`number` <=> OLD.`number`)) AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END;

DROP TRIGGER IF EXISTS order_items_carried_guard_delete;

CREATE TRIGGER `order_items_carried_guard_delete` BEFORE DELETE ON `order_items_carried` FOR EACH ROW
BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`number`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END;

DROP TRIGGER IF EXISTS outbox_orders_0_guard_insert;

CREATE TRIGGER `outbox_orders_0_guard_insert` BEFORE INSERT ON `outbox_orders_0` FOR EACH ROW
BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', NEW.`bucket`, ':', NEW.`aggregateid`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END;

DROP TRIGGER IF EXISTS outbox_orders_0_guard_update;

CREATE TRIGGER `outbox_orders_0_guard_update` BEFORE UPDATE ON `outbox_orders_0` FOR EACH ROW
BEGIN
  IF (COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`aggregateid`, ',')), 0) = 0 OR NOT (NEW.`bucket` <=> OLD.`bucket` AND NEW.`aggregateid` <=> OLD.`aggregateid`)) AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END;

DROP TRIGGER IF EXISTS outbox_orders_0_guard_delete;

CREATE TRIGGER `outbox_orders_0_guard_delete` BEFORE DELETE ON `outbox_orders_0` FOR EACH ROW
BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`aggregateid`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END;

DROP TRIGGER IF EXISTS outbox_orders_1_guard_insert;

CREATE TRIGGER `outbox_orders_1_guard_insert` BEFORE INSERT ON `outbox_orders_1` FOR EACH ROW
BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', NEW.`bucket`, ':', NEW.`aggregateid`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END;

DROP TRIGGER IF EXISTS outbox_orders_1_guard_update;

CREATE TRIGGER `outbox_orders_1_guard_update` BEFORE UPDATE ON `outbox_orders_1` FOR EACH ROW
BEGIN
  IF (COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`aggregateid`, ',')), 0) = 0 OR NOT (NEW.`bucket` <=> OLD.`bucket` AND NEW.`aggregateid` <=> OLD.`aggregateid`)) AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END;

DROP TRIGGER IF EXISTS outbox_orders_1_guard_delete;

CREATE TRIGGER `outbox_orders_1_guard_delete` BEFORE DELETE ON `outbox_orders_1` FOR EACH ROW
BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`aggregateid`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END;

DROP TRIGGER IF EXISTS outbox_orders_2_guard_insert;

CREATE TRIGGER `outbox_orders_2_guard_insert` BEFORE INSERT ON `outbox_orders_2` FOR EACH ROW
BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', NEW.`bucket`, ':', NEW.`aggregateid`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END;

DROP TRIGGER IF EXISTS outbox_orders_2_guard_update;

CREATE TRIGGER `outbox_orders_2_guard_update` BEFORE UPDATE ON `outbox_orders_2` FOR EACH ROW
BEGIN
  IF (COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`aggregateid`, ',')), 0) = 0 OR NOT (NEW.`bucket` <=> OLD.`bucket` AND NEW.`aggregateid` <=> OLD.`aggregateid`)) AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END;

DROP TRIGGER IF EXISTS outbox_orders_2_guard_delete;

CREATE TRIGGER `outbox_orders_2_guard_delete` BEFORE DELETE ON `outbox_orders_2` FOR EACH ROW
BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`aggregateid`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END;

DROP TRIGGER IF EXISTS outbox_orders_3_guard_insert;

CREATE TRIGGER `outbox_orders_3_guard_insert` BEFORE INSERT ON `outbox_orders_3` FOR EACH ROW
BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', NEW.`bucket`, ':', NEW.`aggregateid`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END;

DROP TRIGGER IF EXISTS outbox_orders_3_guard_update;

CREATE TRIGGER `outbox_orders_3_guard_update` BEFORE UPDATE ON `outbox_orders_3` FOR EACH ROW
BEGIN
  IF (COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`aggregateid`, ',')), 0) = 0 OR NOT (NEW.`bucket` <=> OLD.`bucket` AND NEW.`aggregateid` <=> OLD.`aggregateid`)) AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END;

DROP TRIGGER IF EXISTS outbox_orders_3_guard_delete;

CREATE TRIGGER `outbox_orders_3_guard_delete` BEFORE DELETE ON `outbox_orders_3` FOR EACH ROW
BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`aggregateid`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END;

DROP TRIGGER IF EXISTS idempotency_keys_guard_insert;

CREATE TRIGGER `idempotency_keys_guard_insert` BEFORE INSERT ON `idempotency_keys` FOR EACH ROW
BEGIN
  IF COALESCE(FIND_IN_SET(NEW.`bucket`, @ordershard_key_bucket), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket of the row is not what this scope opened';
  END IF;
END;

DROP TRIGGER IF EXISTS idempotency_keys_guard_update;

CREATE TRIGGER `idempotency_keys_guard_update` BEFORE UPDATE ON `idempotency_keys` FOR EACH ROW
BEGIN
  IF (COALESCE(FIND_IN_SET(OLD.`bucket`, @ordershard_key_bucket), 0) = 0 OR NOT (NEW.`bucket` <=> OLD.`bucket`)) AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket of the row is not what this scope opened';
  END IF;
END;

DROP TRIGGER IF EXISTS idempotency_keys_guard_delete;

CREATE TRIGGER `idempotency_keys_guard_delete` BEFORE DELETE ON `idempotency_keys` FOR EACH ROW
BEGIN
  IF COALESCE(FIND_IN_SET(OLD.`bucket`, @ordershard_key_bucket), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket of the row is not what this scope opened';
  END IF;
END;
