-- Moving buckets from shard to shard while they are written.

-- Who operates this shard: one at a time, whatever the operation is. The row is there for good; token rises with each
-- change of holder and is what every durable step of an operation checks, under a shared lock, in its own transaction.
CREATE TABLE operation_leases (
  name    VARCHAR(32)      CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  holder  VARCHAR(128)     NOT NULL,
  what    VARCHAR(255)     NOT NULL,
  token   BIGINT UNSIGNED  NOT NULL,
  since   DATETIME(3)      NOT NULL,
  PRIMARY KEY (name)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Until when the holder of an operation's lease is known to live. Apart from the lease, so that to prolong it waits for
-- none of the steps that hold the lease's row.
CREATE TABLE operation_heartbeats (
  name          VARCHAR(32)      CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  token         BIGINT UNSIGNED  NOT NULL,
  leased_until  DATETIME(3)      NOT NULL,
  PRIMARY KEY (name)
) ENGINE = InnoDB;

INSERT INTO operation_leases (name, holder, what, token, since) VALUES ('shard', '', '', 0, '1970-01-02');

INSERT INTO operation_heartbeats (name, token, leased_until) VALUES ('shard', 0, '1970-01-02');

-- The moves of buckets away from this shard, with the last step that is known to be done. The fences decide: a step is
-- written in the transaction that changes this shard's fence, or after the one that has changed the other's.
CREATE TABLE bucket_moves (
  plan_id      CHAR(36)           CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  kind         ENUM('numbers', 'keys') NOT NULL,
  bucket       SMALLINT UNSIGNED  NOT NULL,
  source       SMALLINT UNSIGNED  NOT NULL,
  target       SMALLINT UNSIGNED  NOT NULL,
  -- JSON: the fence rows that move, each with the state that the target gives it.
  cells        TEXT               NOT NULL,
  step         ENUM('planned', 'importing', 'purged', 'capturing', 'copied', 'caught_up', 'verified', 'frozen', 'owned',
                    'moved', 'cleaned', 'revoked') NOT NULL,
  started_by   VARCHAR(128)       NOT NULL,
  reason       VARCHAR(255)       NOT NULL,
  row_count    BIGINT UNSIGNED    NOT NULL DEFAULT 0,
  -- How long writes of the bucket waited at the switch.
  pause_ms     INT UNSIGNED       NULL,
  -- What the last attempt ended with.
  error        TEXT               NULL,
  planned_at   DATETIME(3)        NOT NULL,
  updated_at   DATETIME(3)        NOT NULL,
  switched_at  DATETIME(3)        NULL,
  PRIMARY KEY (plan_id, kind, bucket),
  KEY bucket_moves_by_bucket (kind, bucket),
  KEY bucket_moves_by_step (step)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Numbers that were written while their bucket was captured. A write puts its number here in its own transaction; rows of
-- later commits appear below earlier ones, so what was read is deleted row by row. connection_id is the writer's.
CREATE TABLE dirty_numbers (
  seq            BIGINT UNSIGNED    NOT NULL AUTO_INCREMENT,
  bucket         SMALLINT UNSIGNED  NOT NULL,
  number         BIGINT             NOT NULL,
  connection_id  BIGINT UNSIGNED    NOT NULL,
  PRIMARY KEY (seq),
  KEY dirty_numbers_by_bucket (bucket, seq)
) ENGINE = InnoDB;

-- A mover finds the units of a bucket by it.
ALTER TABLE applied_units ADD KEY applied_units_by_bucket (bucket, number);

DROP PROCEDURE ordershard_open;

-- As before; and while the bucket is captured, the number goes on the dirty list. A carried range is captured while it names a next owner. The variables are texts, as those of merged writes are: the server keeps the type that a trigger has met first, and takes the -1 of a session that fences itself for a large number where that was an unsigned one.
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
    SELECT key_generation, state, generation, next_owner
      FROM key_fences FORCE INDEX (PRIMARY)
     WHERE bucket = p_key_bucket
     ORDER BY key_generation
       /*LOCK_SHARED_SKIP_LOCKED*/;
  END IF;
END;

DROP PROCEDURE ordershard_open_merged;

-- As before; and the numbers of buckets that are captured go on the dirty list.
CREATE PROCEDURE ordershard_open_merged(
  IN p_buckets TEXT, IN p_fences JSON, IN p_key_buckets TEXT, IN p_key_fences JSON,
  IN p_now_from BIGINT, IN p_now_to BIGINT)
BEGIN
  DECLARE v_passed INT UNSIGNED DEFAULT 0;
  DECLARE v_captured INT UNSIGNED DEFAULT 0;
  DECLARE v_keys_passed INT UNSIGNED DEFAULT 0;
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
  IF v_captured > 0 THEN
    INSERT INTO dirty_numbers (bucket, number, connection_id)
    SELECT wanted.bucket, wanted.number, CONNECTION_ID()
      FROM JSON_TABLE(p_fences, '$[*]' COLUMNS (bucket SMALLINT UNSIGNED PATH '$[0]', number BIGINT PATH '$[1]')) AS wanted
      STRAIGHT_JOIN bucket_fences AS fence FORCE INDEX (PRIMARY)
        ON fence.bucket = wanted.bucket AND fence.range_from <= wanted.number AND fence.range_to > wanted.number
     WHERE fence.state = 'capturing' OR (fence.state = 'carried' AND fence.next_owner IS NOT NULL);
  END IF;
END;
