-- A scope of a number alone takes its fence by the whole of its primary key, which costs the server half of the look by range that ordershard_open makes.

-- As ordershard_open for a number without a key. p_range_from is where the range that holds the number begins, by the caller's map; where it begins elsewhere, or the fence is not as it mostly is, the whole judgement follows.
CREATE PROCEDURE ordershard_open_number(
  IN p_number BIGINT, IN p_bucket SMALLINT UNSIGNED, IN p_range_from BIGINT, IN p_now_from BIGINT, IN p_now_to BIGINT)
SQL SECURITY INVOKER
BEGIN
  DECLARE v_rows VARBINARY(40);
  IF /*SERVER_IS_READ_ONLY*/ THEN
    SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1290, MESSAGE_TEXT = 'this server takes no writes';
  END IF;
  START TRANSACTION READ WRITE;
  SELECT CONCAT(',', p_bucket, ':', p_number, ',') INTO v_rows
    FROM bucket_fences
   WHERE bucket = p_bucket AND range_from = p_range_from AND p_range_from <= p_number AND range_to > p_number
     AND state = 'owned' AND next_owner IS NULL AND writable_from <= p_number
     AND (p_now_from IS NULL OR CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) BETWEEN p_now_from AND p_now_to)
     /*LOCK_SHARED_SKIP_LOCKED*/;
  IF v_rows IS NULL THEN
    CALL ordershard_judge(p_number, p_bucket, NULL, NULL, p_now_from, p_now_to);
  ELSE
    SET @ordershard_key_bucket = NULL, @ordershard_rows = v_rows;
  END IF;
END;
