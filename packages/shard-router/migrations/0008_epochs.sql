-- Epochs: ranges of numbers with assignments of their own, and generations of keys that go with them.

-- The numbers that a generation of keys is for: a key that is written together with a number belongs to the generation
-- whose range holds the number, so that both always go by the same assignment.
ALTER TABLE key_fences
  ADD COLUMN range_from BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN range_to   BIGINT NOT NULL DEFAULT 9223372036854775807;

-- Openings and closings of epochs. The row of the shard with the lowest id decides; the others' say how far they are, and
-- keep a step that comes late from doing anything. settled says, on the deciding shard, that every shard has followed.
CREATE TABLE epoch_openings (
  epoch_from     BIGINT            NOT NULL,
  state          ENUM('preparing', 'active', 'aborted', 'closing', 'closed') NOT NULL,
  settled        TINYINT UNSIGNED  NOT NULL DEFAULT 0,
  -- The shard map that goes with the decision.
  map_version    INT UNSIGNED      NOT NULL,
  parent_hash    CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  hash           CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  body           MEDIUMTEXT        NOT NULL,
  -- JSON: the ids of all shards that follow the decision.
  shards         TEXT              NOT NULL,
  -- Who finds it undecided after this time aborts it.
  prepare_until  DATETIME(3)       NOT NULL,
  opened_by      VARCHAR(128)      NOT NULL,
  opened_at      DATETIME(3)       NOT NULL,
  decided_at     DATETIME(3)       NULL,
  decided_by     VARCHAR(128)      NULL,
  PRIMARY KEY (epoch_from)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

DROP PROCEDURE ordershard_open;

-- As before, the variables as texts too; and a generation of keys is told with the numbers that it is for.
CREATE PROCEDURE ordershard_open(IN p_number BIGINT, IN p_bucket SMALLINT UNSIGNED, IN p_key_bucket SMALLINT UNSIGNED)
BEGIN
  DECLARE v_state VARCHAR(16) CHARACTER SET ascii;
  DECLARE v_generation INT UNSIGNED;
  DECLARE v_next_owner SMALLINT UNSIGNED;
  DECLARE v_writable_from BIGINT;
  DECLARE v_readable_from BIGINT;
  IF /*SERVER_IS_READ_ONLY*/ THEN
    SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1290, MESSAGE_TEXT = 'this server takes no writes';
  END IF;
  SET @ordershard_bucket = CAST(p_bucket AS CHAR);
  SET @ordershard_key_bucket = CAST(p_key_bucket AS CHAR);
  START TRANSACTION READ WRITE;
  IF p_number IS NOT NULL THEN
    SELECT state, generation, next_owner, writable_from, readable_from
      INTO v_state, v_generation, v_next_owner, v_writable_from, v_readable_from
      FROM bucket_fences FORCE INDEX (PRIMARY)
     WHERE bucket = p_bucket AND range_from <= p_number AND range_to > p_number
     ORDER BY range_from DESC LIMIT 1
       /*LOCK_SHARED_SKIP_LOCKED*/;
    IF v_state = 'capturing' OR (v_state = 'carried' AND v_next_owner IS NOT NULL) THEN
      INSERT INTO dirty_numbers (bucket, number, connection_id) VALUES (p_bucket, p_number, CONNECTION_ID());
    END IF;
    SELECT v_state AS state, v_generation AS generation, v_next_owner AS next_owner, v_writable_from AS writable_from,
           v_readable_from AS readable_from, CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS UNSIGNED) AS now_ms
      FROM DUAL WHERE v_state IS NOT NULL;
  END IF;
  IF p_key_bucket IS NOT NULL THEN
    SELECT key_generation, state, generation, next_owner, range_from, range_to,
           CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS UNSIGNED) AS now_ms
      FROM key_fences FORCE INDEX (PRIMARY)
     WHERE bucket = p_key_bucket
     ORDER BY key_generation
       /*LOCK_SHARED_SKIP_LOCKED*/;
  END IF;
END;

DROP PROCEDURE ordershard_open_merged;

-- As before; a key's fence is that of [bucket, key generation, number], and its generation must be the number's. Without a number it must be that of the moment.
CREATE PROCEDURE ordershard_open_merged(
  IN p_buckets TEXT, IN p_fences JSON, IN p_key_buckets TEXT, IN p_key_fences JSON,
  IN p_now_from BIGINT, IN p_now_to BIGINT)
BEGIN
  DECLARE v_passed INT UNSIGNED DEFAULT 0;
  DECLARE v_captured INT UNSIGNED DEFAULT 0;
  DECLARE v_keys_passed INT UNSIGNED DEFAULT 0;
  DECLARE v_now BIGINT DEFAULT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED);
  IF /*SERVER_IS_READ_ONLY*/ THEN
    SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1290, MESSAGE_TEXT = 'this server takes no writes';
  END IF;
  SET @ordershard_bucket = p_buckets;
  SET @ordershard_key_bucket = p_key_buckets;
  START TRANSACTION READ WRITE;
  IF p_fences IS NOT NULL THEN
    SELECT COUNT(*), COALESCE(SUM(fence.state = 'capturing' OR (fence.state = 'carried' AND fence.next_owner IS NOT NULL)), 0)
      INTO v_passed, v_captured
      FROM JSON_TABLE(p_fences, '$[*]' COLUMNS (bucket SMALLINT UNSIGNED PATH '$[0]', number BIGINT PATH '$[1]')) AS wanted
      STRAIGHT_JOIN bucket_fences AS fence FORCE INDEX (PRIMARY)
        ON fence.bucket = wanted.bucket AND fence.range_from <= wanted.number AND fence.range_to > wanted.number
     WHERE fence.state IN ('owned', 'capturing', 'carried') AND fence.writable_from <= wanted.number
       /*LOCK_SHARED_OF_FENCE_SKIP_LOCKED*/;
  END IF;
  IF p_key_fences IS NOT NULL THEN
    SELECT COUNT(*) INTO v_keys_passed
      FROM JSON_TABLE(p_key_fences, '$[*]' COLUMNS (bucket SMALLINT UNSIGNED PATH '$[0]', generation INT UNSIGNED PATH '$[1]', number BIGINT PATH '$[2]')) AS wanted
      STRAIGHT_JOIN key_fences AS fence FORCE INDEX (PRIMARY)
        ON fence.bucket = wanted.bucket AND fence.key_generation = wanted.generation
       AND fence.range_from <= COALESCE(wanted.number, GREATEST(v_now - 1735689600000, 0) << 22)
       AND fence.range_to > COALESCE(wanted.number, GREATEST(v_now - 1735689600000, 0) << 22)
     WHERE fence.state IN ('owned', 'capturing')
       /*LOCK_SHARED_OF_FENCE_SKIP_LOCKED*/;
  END IF;
  IF v_passed <> COALESCE(JSON_LENGTH(p_fences), 0)
     OR v_keys_passed <> COALESCE(JSON_LENGTH(p_key_fences), 0)
     OR v_now NOT BETWEEN COALESCE(p_now_from, 0) AND COALESCE(p_now_to, 9223372036854775807) THEN
    ROLLBACK;
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 20001, MESSAGE_TEXT = 'ordershard: a fence does not let a unit pass';
  END IF;
  IF v_captured > 0 THEN
    INSERT INTO dirty_numbers (bucket, number, connection_id)
    SELECT wanted.bucket, wanted.number, CONNECTION_ID()
      FROM JSON_TABLE(p_fences, '$[*]' COLUMNS (bucket SMALLINT UNSIGNED PATH '$[0]', number BIGINT PATH '$[1]')) AS wanted
      STRAIGHT_JOIN bucket_fences AS fence FORCE INDEX (PRIMARY)
        ON fence.bucket = wanted.bucket AND fence.range_from <= wanted.number AND fence.range_to > wanted.number
     WHERE fence.state = 'capturing' OR (fence.state = 'carried' AND fence.next_owner IS NOT NULL);
  END IF;
END;

DROP PROCEDURE ordershard_merged_fences;

-- As before; a generation of keys is told with the numbers that it is for, and those of a bucket are told once.
CREATE PROCEDURE ordershard_merged_fences(IN p_fences JSON, IN p_key_buckets JSON)
BEGIN
  START TRANSACTION READ WRITE;
  SELECT wanted.number, fence.state, fence.generation, fence.next_owner, fence.writable_from, fence.readable_from,
         CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS UNSIGNED) AS now_ms
    FROM JSON_TABLE(p_fences, '$[*]' COLUMNS (bucket SMALLINT UNSIGNED PATH '$[0]', number BIGINT PATH '$[1]')) AS wanted
    STRAIGHT_JOIN bucket_fences AS fence FORCE INDEX (PRIMARY)
      ON fence.bucket = wanted.bucket AND fence.range_from <= wanted.number AND fence.range_to > wanted.number
     /*LOCK_SHARED_OF_FENCE_SKIP_LOCKED*/;
  SELECT wanted.bucket, fence.key_generation, fence.state, fence.generation, fence.next_owner, fence.range_from, fence.range_to,
         CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS UNSIGNED) AS now_ms
    FROM JSON_TABLE(p_key_buckets, '$[*]' COLUMNS (bucket SMALLINT UNSIGNED PATH '$')) AS wanted
    STRAIGHT_JOIN key_fences AS fence FORCE INDEX (PRIMARY) ON fence.bucket = wanted.bucket
   ORDER BY wanted.bucket, fence.key_generation
     /*LOCK_SHARED_OF_FENCE_SKIP_LOCKED*/;
  ROLLBACK;
END;
