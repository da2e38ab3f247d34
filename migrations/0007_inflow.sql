-- Who has changed how many new orders are let in, when, why, and to what; the last change of each scope counts. The same
-- rows on every shard that lived at the time. Not routed.
CREATE TABLE inflow_changes (
  revision  BIGINT UNSIGNED  NOT NULL,
  scope     VARCHAR(128)     NOT NULL,
  body      JSON             NOT NULL,
  PRIMARY KEY (revision),
  KEY inflow_changes_by_scope (scope, revision)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
