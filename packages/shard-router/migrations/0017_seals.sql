-- Who owns what, proved over all shards before anything goes by it.

-- What each shard owned when it was last sealed: a shard's own row, and those of shards of which this one is a witness. A shard that does not answer is taken to own what its last seal says; one whose own version is below its witnesses' has forgotten something, as one that was restored from a backup has.
CREATE TABLE shard_seals (
  shard_id     SMALLINT UNSIGNED  NOT NULL,
  -- Rises with each seal of the shard.
  version      BIGINT UNSIGNED    NOT NULL,
  -- SHA-256 of the body.
  hash         CHAR(64)           CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- The shard's claim: JSON.
  body         MEDIUMTEXT         CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  map_version  INT UNSIGNED       NOT NULL,
  sealed_at    DATETIME(3)        NOT NULL,
  PRIMARY KEY (shard_id)
) ENGINE = InnoDB;

-- Who proves and publishes the shard map: one at a time. The lease is that of the shard with the lowest id; the others keep the highest token that they have seen, and take nothing under a lower one.
INSERT INTO operation_leases (name, holder, what, token, since) VALUES ('map', '', '', 0, '1970-01-02');

INSERT INTO operation_heartbeats (name, token, leased_until) VALUES ('map', 0, '1970-01-02');
