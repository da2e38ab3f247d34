-- Whose personal data was erased, by whom, when and why, and what was found where; the same rows on every shard. Not routed.
CREATE TABLE erasures (
  erasure_id   CHAR(36)      CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  member_id    VARCHAR(64)   NOT NULL,
  -- Orders up to this number are meant: what the member orders later is theirs again.
  up_to        BIGINT        NOT NULL,
  asked_by     VARCHAR(128)  NOT NULL,
  reason       VARCHAR(255)  NOT NULL,
  started_at   DATETIME(3)   NOT NULL,
  finished_at  DATETIME(3)   NULL,
  proof        JSON          NULL,
  PRIMARY KEY (erasure_id),
  KEY erasures_by_member (member_id, started_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
