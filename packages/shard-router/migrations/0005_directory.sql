-- The directory strategy's shard of each key, for applications that keep it in MySQL. One shard of a cluster, or a database
-- apart, holds the entries of all keys; the table is empty elsewhere. Keys are the bytes of their UTF-8, so that no two
-- that differ by case, accent or trailing blank are one.
CREATE TABLE directory_entries (
  entry_key  VARBINARY(1000)   NOT NULL,
  shard      SMALLINT UNSIGNED NOT NULL,
  PRIMARY KEY (entry_key)
) ENGINE = InnoDB;
