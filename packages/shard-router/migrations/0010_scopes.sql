-- Scopes that the server judges: what a fence does not let pass is rolled back here, before the client hears of it, so that nothing that it has sent behind is written. Nothing but an OK is answered where the fences let pass.

DROP PROCEDURE ordershard_open;

DROP PROCEDURE ordershard_commit;

-- The whole judgement, for what ordershard_open does not let pass at once: it lets pass, or rolls back and tells in the message of error 20002 what it found. Numbers of a bucket that is captured go on the dirty list; a carried range is captured while it names a next owner. The message: state, next owner and writable_from of the number's fence, state, next owner and generation of the key's, the time in ms; empty where there is none, or where it is locked.
CREATE PROCEDURE ordershard_judge(
  IN p_number BIGINT, IN p_bucket SMALLINT UNSIGNED, IN p_key_bucket SMALLINT UNSIGNED, IN p_key_generation INT UNSIGNED,
  IN p_now_from BIGINT, IN p_now_to BIGINT)
SQL SECURITY INVOKER
BEGIN
  DECLARE v_state, v_key_state VARCHAR(16) CHARACTER SET ascii;
  DECLARE v_next_owner, v_key_next_owner SMALLINT UNSIGNED;
  DECLARE v_writable_from BIGINT;
  DECLARE v_key_generation INT UNSIGNED;
  DECLARE v_now BIGINT DEFAULT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED);
  DECLARE v_at BIGINT DEFAULT COALESCE(p_number, GREATEST(v_now - 1735689600000, 0) << 22);
  DECLARE v_message VARCHAR(128) CHARACTER SET ascii;
  IF p_number IS NOT NULL THEN
    SELECT state, next_owner, writable_from INTO v_state, v_next_owner, v_writable_from
      FROM bucket_fences FORCE INDEX (PRIMARY)
     WHERE bucket = p_bucket AND range_from <= p_number AND range_to > p_number
     ORDER BY range_from DESC LIMIT 1
       /*LOCK_SHARED_SKIP_LOCKED*/;
  END IF;
  IF p_key_bucket IS NOT NULL THEN
    SELECT state, next_owner, key_generation INTO v_key_state, v_key_next_owner, v_key_generation
      FROM key_fences FORCE INDEX (PRIMARY)
     WHERE bucket = p_key_bucket AND range_from <= v_at AND range_to > v_at
     ORDER BY key_generation LIMIT 1
       /*LOCK_SHARED_SKIP_LOCKED*/;
  END IF;
  IF COALESCE(
       (p_number IS NULL
          OR ((v_state IN ('capturing', 'carried') OR (v_state = 'owned' AND v_next_owner IS NULL)) AND v_writable_from <= p_number))
       AND (p_key_bucket IS NULL
          OR ((v_key_state = 'capturing' OR (v_key_state = 'owned' AND v_key_next_owner IS NULL)) AND v_key_generation = p_key_generation))
       AND v_now BETWEEN COALESCE(p_now_from, 0) AND COALESCE(p_now_to, 9223372036854775807)
     , 0) THEN
    IF v_state = 'capturing' OR (v_state = 'carried' AND v_next_owner IS NOT NULL) THEN
      INSERT INTO dirty_numbers (bucket, number, connection_id) VALUES (p_bucket, p_number, CONNECTION_ID());
    END IF;
    SET @ordershard_key_bucket = CAST(p_key_bucket AS CHAR), @ordershard_rows = CAST(CONCAT(',', p_bucket, ':', p_number, ',') AS BINARY);
  ELSE
    ROLLBACK AND NO CHAIN NO RELEASE;
    SET @ordershard_key_bucket = NULL, @ordershard_rows = NULL;
    SET v_message = CONCAT_WS(',', COALESCE(v_state, ''), COALESCE(v_next_owner, ''), COALESCE(v_writable_from, ''),
      COALESCE(v_key_state, ''), COALESCE(v_key_next_owner, ''), COALESCE(v_key_generation, ''), v_now);
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 20002, MESSAGE_TEXT = v_message;
  END IF;
END;

-- Opens a read-write transaction for a number, a key, or both, and takes their fences under shared locks; a locked one is skipped, not waited for. p_key_generation is the generation of keys that the caller goes by; for a fresh number the time in ms must lie within p_now_from and p_now_to. With a number alone whose fence is as it mostly is, one look is enough.
CREATE PROCEDURE ordershard_open(
  IN p_number BIGINT, IN p_bucket SMALLINT UNSIGNED, IN p_key_bucket SMALLINT UNSIGNED, IN p_key_generation INT UNSIGNED,
  IN p_now_from BIGINT, IN p_now_to BIGINT)
SQL SECURITY INVOKER
BEGIN
  DECLARE v_rows VARBINARY(40);
  IF /*SERVER_IS_READ_ONLY*/ THEN
    SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1290, MESSAGE_TEXT = 'this server takes no writes';
  END IF;
  START TRANSACTION READ WRITE;
  IF p_key_bucket IS NULL THEN
    SELECT CONCAT(',', p_bucket, ':', p_number, ',') INTO v_rows
      FROM bucket_fences FORCE INDEX (PRIMARY)
     WHERE bucket = p_bucket AND range_from <= p_number AND range_to > p_number
       AND state = 'owned' AND next_owner IS NULL AND writable_from <= p_number
       AND (p_now_from IS NULL OR CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) BETWEEN p_now_from AND p_now_to)
       /*LOCK_SHARED_SKIP_LOCKED*/;
  END IF;
  IF v_rows IS NULL THEN
    CALL ordershard_judge(p_number, p_bucket, p_key_bucket, p_key_generation, p_now_from, p_now_to);
  ELSE
    SET @ordershard_key_bucket = NULL, @ordershard_rows = v_rows;
  END IF;
END;

-- Closes the scope, so that nothing can be written in its name afterwards, and commits.
CREATE PROCEDURE ordershard_commit()
SQL SECURITY INVOKER
BEGIN
  SET @ordershard_key_bucket = NULL, @ordershard_rows = NULL;
  COMMIT AND NO CHAIN NO RELEASE;
END;

-- Takes everything back and closes the scope likewise.
CREATE PROCEDURE ordershard_rollback()
SQL SECURITY INVOKER
BEGIN
  ROLLBACK AND NO CHAIN NO RELEASE;
  SET @ordershard_key_bucket = NULL, @ordershard_rows = NULL;
END;

DROP PROCEDURE ordershard_open_merged;

-- As before; the numbers of all units come as a text `,bucket:number,bucket:number,`, which is what the fences are looked up by and what the guards of rows look into. What an epoch that is being opened has promised to this shard is nobody's to write in yet.
CREATE PROCEDURE ordershard_open_merged(
  IN p_rows MEDIUMTEXT CHARACTER SET ascii, IN p_key_buckets TEXT, IN p_key_fences JSON,
  IN p_now_from BIGINT, IN p_now_to BIGINT)
SQL SECURITY INVOKER
BEGIN
  DECLARE v_passed INT UNSIGNED DEFAULT 0;
  DECLARE v_captured INT UNSIGNED DEFAULT 0;
  DECLARE v_keys_passed INT UNSIGNED DEFAULT 0;
  DECLARE v_now BIGINT DEFAULT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED);
  DECLARE v_fences JSON DEFAULT CONCAT('[[', REPLACE(REPLACE(TRIM(BOTH ',' FROM p_rows), ',', '],['), ':', ','), ']]');
  IF /*SERVER_IS_READ_ONLY*/ THEN
    SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1290, MESSAGE_TEXT = 'this server takes no writes';
  END IF;
  START TRANSACTION READ WRITE;
  IF v_fences IS NOT NULL THEN
    SELECT COUNT(*), COALESCE(SUM(fence.state = 'capturing' OR (fence.state = 'carried' AND fence.next_owner IS NOT NULL)), 0)
      INTO v_passed, v_captured
      FROM JSON_TABLE(v_fences, '$[*]' COLUMNS (bucket SMALLINT UNSIGNED PATH '$[0]', number BIGINT PATH '$[1]')) AS wanted
      STRAIGHT_JOIN bucket_fences AS fence FORCE INDEX (PRIMARY)
        ON fence.bucket = wanted.bucket AND fence.range_from <= wanted.number AND fence.range_to > wanted.number
     WHERE (fence.state IN ('capturing', 'carried') OR (fence.state = 'owned' AND fence.next_owner IS NULL))
       AND fence.writable_from <= wanted.number
       /*LOCK_SHARED_OF_FENCE_SKIP_LOCKED*/;
  END IF;
  IF p_key_fences IS NOT NULL THEN
    SELECT COUNT(*) INTO v_keys_passed
      FROM JSON_TABLE(p_key_fences, '$[*]' COLUMNS (bucket SMALLINT UNSIGNED PATH '$[0]', generation INT UNSIGNED PATH '$[1]', number BIGINT PATH '$[2]')) AS wanted
      STRAIGHT_JOIN key_fences AS fence FORCE INDEX (PRIMARY)
        ON fence.bucket = wanted.bucket AND fence.key_generation = wanted.generation
       AND fence.range_from <= COALESCE(wanted.number, GREATEST(v_now - 1735689600000, 0) << 22)
       AND fence.range_to > COALESCE(wanted.number, GREATEST(v_now - 1735689600000, 0) << 22)
     WHERE fence.state = 'capturing' OR (fence.state = 'owned' AND fence.next_owner IS NULL)
       /*LOCK_SHARED_OF_FENCE_SKIP_LOCKED*/;
  END IF;
  IF v_passed <> COALESCE(JSON_LENGTH(v_fences), 0)
     OR v_keys_passed <> COALESCE(JSON_LENGTH(p_key_fences), 0)
     OR v_now NOT BETWEEN COALESCE(p_now_from, 0) AND COALESCE(p_now_to, 9223372036854775807) THEN
    ROLLBACK AND NO CHAIN NO RELEASE;
    SET @ordershard_key_bucket = NULL, @ordershard_rows = NULL;
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 20001, MESSAGE_TEXT = 'ordershard: a fence does not let a unit pass';
  END IF;
  IF v_captured > 0 THEN
    INSERT INTO dirty_numbers (bucket, number, connection_id)
    SELECT wanted.bucket, wanted.number, CONNECTION_ID()
      FROM JSON_TABLE(v_fences, '$[*]' COLUMNS (bucket SMALLINT UNSIGNED PATH '$[0]', number BIGINT PATH '$[1]')) AS wanted
      STRAIGHT_JOIN bucket_fences AS fence FORCE INDEX (PRIMARY)
        ON fence.bucket = wanted.bucket AND fence.range_from <= wanted.number AND fence.range_to > wanted.number
     WHERE fence.state = 'capturing' OR (fence.state = 'carried' AND fence.next_owner IS NOT NULL);
  END IF;
  SET @ordershard_key_bucket = p_key_buckets, @ordershard_rows = CAST(p_rows AS BINARY);
END;
