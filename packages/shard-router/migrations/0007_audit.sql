-- What operators did to the cluster: a row is written before an action and completed after it. Kept on the shard with the
-- lowest id. A row that stayed 'running' tells of a command that was killed, or could not write its end.
CREATE TABLE operator_actions (
  id          BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  action      VARCHAR(64)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  actor       VARCHAR(128)    NOT NULL,
  place       VARCHAR(255)    NOT NULL,
  reason      VARCHAR(1000)   NULL,
  arguments   JSON            NOT NULL,
  started_at  DATETIME(3)     NOT NULL,
  ended_at    DATETIME(3)     NULL,
  outcome     ENUM('running', 'done', 'refused', 'failed', 'stopped') NOT NULL,
  detail      TEXT            NULL,
  PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
