-- An order lies on the shard of its number, with its lines beside it. Amounts are in cents.
CREATE TABLE shop_orders (
  number      BIGINT            NOT NULL,
  bucket      SMALLINT UNSIGNED NOT NULL,
  customer    VARCHAR(100)      NOT NULL,
  state       ENUM('open', 'shipped') NOT NULL DEFAULT 'open',
  total       BIGINT            NOT NULL,
  PRIMARY KEY (number)
);

CREATE TABLE shop_order_lines (
  number    BIGINT            NOT NULL,
  line      SMALLINT UNSIGNED NOT NULL,
  bucket    SMALLINT UNSIGNED NOT NULL,
  sku       VARCHAR(64)       NOT NULL,
  quantity  INT UNSIGNED      NOT NULL,
  price     BIGINT            NOT NULL,
  PRIMARY KEY (number, line)
);
