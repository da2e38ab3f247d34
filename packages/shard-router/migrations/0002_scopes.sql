-- Opening and ending a write scope. Sessions are read only; these are the way to write.

-- Opens a read-write transaction and takes the fence of a number's bucket, a key's bucket, or both, under shared locks. A fence row that a mover holds is skipped, not waited for: no row comes back.
CREATE PROCEDURE ordershard_open(IN p_number BIGINT, IN p_bucket SMALLINT UNSIGNED, IN p_key_bucket SMALLINT UNSIGNED)
BEGIN
  IF /*SERVER_IS_READ_ONLY*/ THEN
    SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1290, MESSAGE_TEXT = 'this server takes no writes';
  END IF;
  SET @ordershard_bucket = p_bucket;
  SET @ordershard_key_bucket = p_key_bucket;
  START TRANSACTION READ WRITE;
  IF p_number IS NOT NULL THEN
    SELECT state, generation, next_owner, writable_from, readable_from,
           CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS UNSIGNED) AS now_ms
      FROM bucket_fences FORCE INDEX (PRIMARY)
     WHERE bucket = p_bucket AND range_from <= p_number AND range_to > p_number
       /*LOCK_SHARED_SKIP_LOCKED*/;
  END IF;
  IF p_key_bucket IS NOT NULL THEN
    SELECT key_generation, state, generation, next_owner
      FROM key_fences FORCE INDEX (PRIMARY)
     WHERE bucket = p_key_bucket
     ORDER BY key_generation
       /*LOCK_SHARED_SKIP_LOCKED*/;
  END IF;
END;

-- Commits and closes the scope, so that nothing can be written in its name afterwards.
CREATE PROCEDURE ordershard_commit()
BEGIN
  COMMIT;
  SET @ordershard_bucket = NULL;
  SET @ordershard_key_bucket = NULL;
END;
