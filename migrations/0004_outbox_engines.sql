-- Who publishes an outbox table: the embedded relay, or Debezium on Kafka Connect. While it is Debezium, settled_id and
-- gaps stay as the embedded relay has left them: what its connector's snapshot begins after. handback is the durable
-- state of a way back: from which id on the embedded relay goes on, and what Debezium has to reach before.
ALTER TABLE outbox_relays
  ADD COLUMN engine    ENUM('embedded', 'connect') NOT NULL DEFAULT 'embedded',
  ADD COLUMN connector VARCHAR(512) CHARACTER SET ascii COLLATE ascii_bin NULL,
  ADD COLUMN handback  MEDIUMTEXT NULL;
