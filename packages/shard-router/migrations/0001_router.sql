-- Tables of the router itself. Every shard has all of them.

-- Which shard this database is, and the constants that every client must agree on. One row.
CREATE TABLE shard_identity (
  id            TINYINT UNSIGNED  NOT NULL DEFAULT 1,
  cluster_id    VARCHAR(64)       NOT NULL,
  shard_id      SMALLINT UNSIGNED NOT NULL,
  bucket_count  SMALLINT UNSIGNED NOT NULL,
  created_at    DATETIME(3)       NOT NULL,
  PRIMARY KEY (id)
) ENGINE = InnoDB;

-- The fence of row numbers: what this shard may do with the numbers of a bucket in [range_from, range_to).
-- Rows are made ahead for every bucket on every shard, owned or not: a locking read of a missing row
-- would leave a gap lock that blocks others.
CREATE TABLE bucket_fences (
  bucket         SMALLINT UNSIGNED NOT NULL,
  range_from     BIGINT            NOT NULL,
  range_to       BIGINT            NOT NULL,
  state          ENUM('owned', 'capturing', 'frozen', 'importing', 'moved', 'carried') NOT NULL,
  generation     INT UNSIGNED      NOT NULL,
  next_owner     SMALLINT UNSIGNED NULL,
  writable_from  BIGINT            NOT NULL,
  readable_from  BIGINT            NOT NULL,
  PRIMARY KEY (bucket, range_from)
) ENGINE = InnoDB;

-- The fence of keys (any string, such as an idempotency key), by bucket and key generation.
CREATE TABLE key_fences (
  bucket          SMALLINT UNSIGNED NOT NULL,
  key_generation  INT UNSIGNED      NOT NULL,
  state           ENUM('owned', 'capturing', 'frozen', 'importing', 'moved', 'sealed') NOT NULL,
  generation      INT UNSIGNED      NOT NULL,
  next_owner      SMALLINT UNSIGNED NULL,
  PRIMARY KEY (bucket, key_generation)
) ENGINE = InnoDB;

-- Versions of the shard map, a cache of the fences. The hash of a version covers its body and its parent's hash.
CREATE TABLE shard_maps (
  version      INT UNSIGNED NOT NULL,
  parent_hash  CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  hash         CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  body         MEDIUMTEXT   NOT NULL,
  created_at   DATETIME(3)  NOT NULL,
  PRIMARY KEY (version)
) ENGINE = InnoDB;

-- Leases of worker ids for the number generator. A slot of this shard is worker id shard_id * slots + slot.
-- high_water_ms is the highest millisecond (Unix time) in which the holder may draw; a successor starts above it.
CREATE TABLE worker_leases (
  slot           SMALLINT UNSIGNED NOT NULL,
  holder         VARCHAR(128)      NOT NULL,
  token          BIGINT UNSIGNED   NOT NULL,
  leased_until   DATETIME(3)       NOT NULL,
  high_water_ms  BIGINT            NOT NULL,
  PRIMARY KEY (slot)
) ENGINE = InnoDB;

-- Units of work that were applied, by the number they belong to: what makes a redo safe.
-- Partitioned by day like the rows they belong to. A tombstone says that the unit shall never be applied.
CREATE TABLE applied_units (
  number      BIGINT            NOT NULL,
  unit_id     BINARY(16)        NOT NULL,
  bucket      SMALLINT UNSIGNED NOT NULL,
  unit_hash   BINARY(32)        NOT NULL,
  outcome     ENUM('applied', 'tombstone') NOT NULL DEFAULT 'applied',
  result      TEXT              NULL,
  applied_at  DATETIME(3)       NOT NULL,
  PRIMARY KEY (number, unit_id)
) ENGINE = InnoDB
PARTITION BY RANGE (number) (PARTITION p_floor VALUES LESS THAN (0));
