-- Keys without time, such as UUIDs: a space of buckets of their own, which no epoch touches. Only a move changes an owner.

-- The fence of the rows of text keys, one for each bucket, on every shard, owned or not.
CREATE TABLE text_fences (
  bucket      SMALLINT UNSIGNED NOT NULL,
  state       ENUM('owned', 'capturing', 'frozen', 'importing', 'moved') NOT NULL,
  generation  INT UNSIGNED      NOT NULL,
  next_owner  SMALLINT UNSIGNED NULL,
  PRIMARY KEY (bucket)
) ENGINE = InnoDB;

-- A cluster that is there already: the owners of keys in the oldest map that the shard has. Maps never change, and a shard that was added later owns nothing by its oldest, so that each bucket has one owner, whenever each shard gets here.
INSERT INTO text_fences (bucket, state, generation, next_owner)
SELECT wanted.place - 1, IF(wanted.owner = me.shard_id, 'owned', 'moved'), 1, IF(wanted.owner = me.shard_id, NULL, wanted.owner)
  FROM shard_identity AS me
  JOIN (SELECT body FROM shard_maps ORDER BY version LIMIT 1) AS oldest
  JOIN JSON_TABLE(oldest.body, '$.keyOwners[*]' COLUMNS (place FOR ORDINALITY, owner SMALLINT UNSIGNED PATH '$')) AS wanted;

-- Text keys that were written while their bucket was captured, as dirty_numbers has the numbers; the bytes of their UTF-8.
CREATE TABLE dirty_texts (
  seq            BIGINT UNSIGNED    NOT NULL AUTO_INCREMENT,
  bucket         SMALLINT UNSIGNED  NOT NULL,
  text_key       VARBINARY(3072)    NOT NULL,
  connection_id  BIGINT UNSIGNED    NOT NULL,
  PRIMARY KEY (seq),
  KEY dirty_texts_by_bucket (bucket, seq)
) ENGINE = InnoDB;

-- Opens a read-write transaction for the rows of a text key, given as the bytes of its UTF-8, and takes the fence of its bucket under a shared lock, which is skipped where a mover holds it. While the bucket is captured, the key goes on the dirty list. What the fence does not let pass is rolled back here, and told as ordershard_judge tells it. What guards of rows look into is `,bucket:xhex,`, in which no number can be.
CREATE PROCEDURE ordershard_open_text(IN p_text VARBINARY(3072), IN p_bucket SMALLINT UNSIGNED)
SQL SECURITY INVOKER
BEGIN
  DECLARE v_state VARCHAR(16) CHARACTER SET ascii;
  DECLARE v_next_owner SMALLINT UNSIGNED;
  DECLARE v_message VARCHAR(128) CHARACTER SET ascii;
  IF /*SERVER_IS_READ_ONLY*/ THEN
    SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1290, MESSAGE_TEXT = 'this server takes no writes';
  END IF;
  START TRANSACTION READ WRITE;
  SELECT state, next_owner INTO v_state, v_next_owner
    FROM text_fences FORCE INDEX (PRIMARY)
   WHERE bucket = p_bucket
     /*LOCK_SHARED_SKIP_LOCKED*/;
  IF COALESCE(v_state = 'capturing' OR (v_state = 'owned' AND v_next_owner IS NULL), 0) THEN
    IF v_state = 'capturing' THEN
      INSERT INTO dirty_texts (bucket, text_key, connection_id) VALUES (p_bucket, p_text, CONNECTION_ID());
    END IF;
    SET @ordershard_key_bucket = NULL, @ordershard_rows = CAST(CONCAT(',', p_bucket, ':x', HEX(p_text), ',') AS BINARY);
  ELSE
    ROLLBACK AND NO CHAIN NO RELEASE;
    SET @ordershard_key_bucket = NULL, @ordershard_rows = NULL;
    SET v_message = CONCAT_WS(',', COALESCE(v_state, ''), COALESCE(v_next_owner, ''), 0, '', '', '', CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED));
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 20002, MESSAGE_TEXT = v_message;
  END IF;
END;

-- A move of the rows of text keys is told from one of numbers and one of keys.
ALTER TABLE bucket_moves MODIFY kind ENUM('numbers', 'keys', 'texts') NOT NULL;
