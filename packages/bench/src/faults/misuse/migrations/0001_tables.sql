-- What honest callers and wrong uses write to.

CREATE TABLE own_orders (
  number   BIGINT            NOT NULL,
  bucket   SMALLINT UNSIGNED NOT NULL,
  own_key  VARCHAR(64)       NOT NULL,
  PRIMARY KEY (number),
  KEY bucket_number (bucket, number)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE own_keys (
  own_key         VARCHAR(64)       NOT NULL,
  key_generation  INT UNSIGNED      NOT NULL,
  bucket          SMALLINT UNSIGNED NOT NULL,
  number          BIGINT            NOT NULL,
  PRIMARY KEY (own_key),
  KEY bucket_key (bucket)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE counters (
  number  BIGINT            NOT NULL,
  bucket  SMALLINT UNSIGNED NOT NULL,
  n       INT               NOT NULL,
  PRIMARY KEY (number),
  KEY bucket_number (bucket, number)
) ENGINE = InnoDB;

CREATE TABLE accounts (
  number   BIGINT            NOT NULL,
  account  TINYINT UNSIGNED  NOT NULL,
  bucket   SMALLINT UNSIGNED NOT NULL,
  amount   INT               NOT NULL,
  PRIMARY KEY (number, account),
  KEY bucket_number (bucket, number)
) ENGINE = InnoDB;

CREATE TABLE transfers (
  number    BIGINT            NOT NULL,
  transfer  INT               NOT NULL,
  bucket    SMALLINT UNSIGNED NOT NULL,
  amount    INT               NOT NULL,
  PRIMARY KEY (number, transfer),
  KEY bucket_number (bucket, number)
) ENGINE = InnoDB;

-- The rows of wrong uses.
CREATE TABLE uses (
  number  BIGINT            NOT NULL,
  id      VARCHAR(64)       NOT NULL,
  bucket  SMALLINT UNSIGNED NOT NULL,
  body    MEDIUMTEXT        NOT NULL,
  PRIMARY KEY (number, id),
  KEY bucket_number (bucket, number)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Tables of one shard, which no guard protects.
CREATE TABLE bystanders (
  id    BIGINT       NOT NULL,
  body  VARCHAR(64)  NOT NULL,
  PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE parents (
  id   BIGINT      NOT NULL AUTO_INCREMENT,
  who  VARCHAR(64) NOT NULL,
  PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE children (
  id      BIGINT      NOT NULL AUTO_INCREMENT,
  parent  BIGINT      NOT NULL,
  who     VARCHAR(64) NOT NULL,
  PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
