-- Archives belong to one cluster, and a day that is dropped says so.

-- The archives that this shard's rows have gone to, or may go to: the id stands in the archive's mark too, so that one of
-- another cluster is told from this one's, whatever the names of the clusters are.
CREATE TABLE archives (
  archive_id  CHAR(36)      CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  url         VARCHAR(512)  NOT NULL,
  noted_at    DATETIME(3)   NOT NULL,
  PRIMARY KEY (archive_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- A day that is proved to be in the archive, and of which tables may be gone already.
ALTER TABLE retention_days MODIFY step ENUM('closing', 'archived', 'detached', 'dropped', 'dropping') NOT NULL;

-- With the rights of whoever calls it, as the other procedures are: the user that has made it may go.
ALTER PROCEDURE ordershard_merged_fences SQL SECURITY INVOKER;
