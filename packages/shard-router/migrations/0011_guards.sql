-- The guards compare the number of a row, not its bucket alone: a row of another number that carries the scope's bucket is
-- refused too. As `guardStatements` generates them for the tables of the registry.

DROP TRIGGER IF EXISTS applied_units_guard_insert;

CREATE TRIGGER `applied_units_guard_insert` BEFORE INSERT ON `applied_units` FOR EACH ROW
BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', NEW.`bucket`, ':', NEW.`number`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END;

DROP TRIGGER IF EXISTS applied_units_guard_update;

CREATE TRIGGER `applied_units_guard_update` BEFORE UPDATE ON `applied_units` FOR EACH ROW
BEGIN
  IF (COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`number`, ',')), 0) = 0 OR NOT (NEW.`bucket` <=> OLD.`bucket` AND NEW.`number` <=> OLD.`number`)) AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END;

DROP TRIGGER IF EXISTS applied_units_guard_delete;

CREATE TRIGGER `applied_units_guard_delete` BEFORE DELETE ON `applied_units` FOR EACH ROW
BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`number`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END;

DROP TRIGGER IF EXISTS applied_units_carried_guard_insert;

CREATE TRIGGER `applied_units_carried_guard_insert` BEFORE INSERT ON `applied_units_carried` FOR EACH ROW
BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', NEW.`bucket`, ':', NEW.`number`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END;

DROP TRIGGER IF EXISTS applied_units_carried_guard_update;

CREATE TRIGGER `applied_units_carried_guard_update` BEFORE UPDATE ON `applied_units_carried` FOR EACH ROW
BEGIN
  IF (COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`number`, ',')), 0) = 0 OR NOT (NEW.`bucket` <=> OLD.`bucket` AND NEW.`number` <=> OLD.`number`)) AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END;

DROP TRIGGER IF EXISTS applied_units_carried_guard_delete;

CREATE TRIGGER `applied_units_carried_guard_delete` BEFORE DELETE ON `applied_units_carried` FOR EACH ROW
BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`number`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END;

DROP TRIGGER IF EXISTS retention_holds_guard_insert;

CREATE TRIGGER `retention_holds_guard_insert` BEFORE INSERT ON `retention_holds` FOR EACH ROW
BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', NEW.`bucket`, ':', NEW.`number`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END;

DROP TRIGGER IF EXISTS retention_holds_guard_update;

CREATE TRIGGER `retention_holds_guard_update` BEFORE UPDATE ON `retention_holds` FOR EACH ROW
BEGIN
  IF (COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`number`, ',')), 0) = 0 OR NOT (NEW.`bucket` <=> OLD.`bucket` AND NEW.`number` <=> OLD.`number`)) AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END;

DROP TRIGGER IF EXISTS retention_holds_guard_delete;

CREATE TRIGGER `retention_holds_guard_delete` BEFORE DELETE ON `retention_holds` FOR EACH ROW
BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`number`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END;
