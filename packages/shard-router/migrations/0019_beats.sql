-- How far a shard has come, kept on other shards as well: one that was restored from a backup, or was failed over to a server that lacked something, is behind what they keep.

-- The beat of this shard, which rises every second while it is used, and the last one that was seen of shards of which this one is a witness. Compared by incarnation, then beat.
CREATE TABLE shard_beats (
  shard_id     SMALLINT UNSIGNED  NOT NULL,
  -- Rises with each recovery of the shard.
  incarnation  INT UNSIGNED       NOT NULL,
  beat         BIGINT UNSIGNED    NOT NULL,
  -- By the clock of the shard that keeps the row.
  beaten_at    DATETIME(3)        NOT NULL,
  PRIMARY KEY (shard_id)
) ENGINE = InnoDB;
