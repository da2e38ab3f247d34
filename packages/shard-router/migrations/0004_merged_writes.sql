-- Opening a write scope for many units of work at once.

-- Opens a read-write transaction and takes, under shared locks, the fence of each number and each key: JSON lists of [bucket, number] and [bucket, key generation], or NULL. A fence that a mover holds is skipped, not waited for. Goes on only if every fence lets its unit pass and, for fresh numbers, the database's time (ms) is within p_now_from and p_now_to; else nothing is open and error 20001 says so.
CREATE PROCEDURE ordershard_open_merged(
  IN p_buckets TEXT, IN p_fences JSON, IN p_key_buckets TEXT, IN p_key_fences JSON,
  IN p_now_from BIGINT, IN p_now_to BIGINT)
BEGIN
  DECLARE v_passed INT UNSIGNED DEFAULT 0;
  DECLARE v_keys_passed INT UNSIGNED DEFAULT 0;
  IF /*SERVER_IS_READ_ONLY*/ THEN
    SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1290, MESSAGE_TEXT = 'this server takes no writes';
  END IF;
  SET @ordershard_bucket = p_buckets;
  SET @ordershard_key_bucket = p_key_buckets;
  START TRANSACTION READ WRITE;
  IF p_fences IS NOT NULL THEN
    SELECT COUNT(*) INTO v_passed
      FROM JSON_TABLE(p_fences, '$[*]' COLUMNS (bucket SMALLINT UNSIGNED PATH '$[0]', number BIGINT PATH '$[1]')) AS wanted
      STRAIGHT_JOIN bucket_fences AS fence FORCE INDEX (PRIMARY)
        ON fence.bucket = wanted.bucket AND fence.range_from <= wanted.number AND fence.range_to > wanted.number
     WHERE fence.state IN ('owned', 'capturing', 'carried') AND fence.writable_from <= wanted.number
       /*LOCK_SHARED_OF_FENCE_SKIP_LOCKED*/;
  END IF;
  IF p_key_fences IS NOT NULL THEN
    SELECT COUNT(*) INTO v_keys_passed
      FROM JSON_TABLE(p_key_fences, '$[*]' COLUMNS (bucket SMALLINT UNSIGNED PATH '$[0]', generation INT UNSIGNED PATH '$[1]')) AS wanted
      STRAIGHT_JOIN key_fences AS fence FORCE INDEX (PRIMARY)
        ON fence.bucket = wanted.bucket AND fence.key_generation = wanted.generation
     WHERE fence.state IN ('owned', 'capturing')
       /*LOCK_SHARED_OF_FENCE_SKIP_LOCKED*/;
  END IF;
  IF v_passed <> COALESCE(JSON_LENGTH(p_fences), 0)
     OR v_keys_passed <> COALESCE(JSON_LENGTH(p_key_fences), 0)
     OR CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) NOT BETWEEN COALESCE(p_now_from, 0) AND COALESCE(p_now_to, 9223372036854775807) THEN
    ROLLBACK;
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 20001, MESSAGE_TEXT = 'ordershard: a fence does not let a unit pass';
  END IF;
END;

-- Reads the same fences, to tell which of them do not let their unit pass. Two result sets; a locked fence is in neither.
CREATE PROCEDURE ordershard_merged_fences(IN p_fences JSON, IN p_key_fences JSON)
BEGIN
  START TRANSACTION READ WRITE;
  SELECT wanted.number, fence.state, fence.generation, fence.next_owner, fence.writable_from, fence.readable_from,
         CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS UNSIGNED) AS now_ms
    FROM JSON_TABLE(p_fences, '$[*]' COLUMNS (bucket SMALLINT UNSIGNED PATH '$[0]', number BIGINT PATH '$[1]')) AS wanted
    STRAIGHT_JOIN bucket_fences AS fence FORCE INDEX (PRIMARY)
      ON fence.bucket = wanted.bucket AND fence.range_from <= wanted.number AND fence.range_to > wanted.number
     /*LOCK_SHARED_OF_FENCE_SKIP_LOCKED*/;
  SELECT wanted.bucket, fence.key_generation, fence.state, fence.generation, fence.next_owner
    FROM JSON_TABLE(p_key_fences, '$[*]' COLUMNS (bucket SMALLINT UNSIGNED PATH '$[0]')) AS wanted
    STRAIGHT_JOIN key_fences AS fence FORCE INDEX (PRIMARY) ON fence.bucket = wanted.bucket
   ORDER BY wanted.bucket, fence.key_generation
     /*LOCK_SHARED_OF_FENCE_SKIP_LOCKED*/;
  ROLLBACK;
END;
