-- What was published again: by whom, why, and what. On each shard that a run has touched.
CREATE TABLE outbox_republish_runs (
  run_id       CHAR(36)      CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  started_by   VARCHAR(128)  NOT NULL,
  reason       VARCHAR(255)  NOT NULL,
  selector     TEXT          NOT NULL,
  topic        VARCHAR(255)  NOT NULL,
  started_at   DATETIME(3)   NOT NULL,
  finished_at  DATETIME(3)   NULL,
  events       BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (run_id),
  KEY outbox_republish_runs_by_time (started_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
