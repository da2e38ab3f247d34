-- The schema of a shard as the migrations make it. Written by `npm run schema -- --write`: do not edit.
-- The lists of daily partitions are left out.

CREATE TABLE `applied_units` (
  `number` bigint NOT NULL,
  `unit_id` binary(16) NOT NULL,
  `bucket` smallint unsigned NOT NULL,
  `unit_hash` binary(32) NOT NULL,
  `outcome` enum('applied','tombstone') NOT NULL DEFAULT 'applied',
  `result` text,
  `applied_at` datetime(3) NOT NULL,
  PRIMARY KEY (`number`,`unit_id`),
  KEY `applied_units_by_bucket` (`bucket`,`number`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci
/*!50100 PARTITION BY RANGE (`number`) */;

CREATE TABLE `applied_units_carried` (
  `number` bigint NOT NULL,
  `unit_id` binary(16) NOT NULL,
  `bucket` smallint unsigned NOT NULL,
  `unit_hash` binary(32) NOT NULL,
  `outcome` enum('applied','tombstone') NOT NULL DEFAULT 'applied',
  `result` text,
  `applied_at` datetime(3) NOT NULL,
  PRIMARY KEY (`number`,`unit_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;

CREATE TABLE `archives` (
  `archive_id` char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `url` varchar(512) COLLATE utf8mb4_bin NOT NULL,
  `noted_at` datetime(3) NOT NULL,
  PRIMARY KEY (`archive_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `bucket_fences` (
  `bucket` smallint unsigned NOT NULL,
  `range_from` bigint NOT NULL,
  `range_to` bigint NOT NULL,
  `state` enum('owned','capturing','frozen','importing','moved','carried') NOT NULL,
  `generation` int unsigned NOT NULL,
  `next_owner` smallint unsigned DEFAULT NULL,
  `writable_from` bigint NOT NULL,
  `readable_from` bigint NOT NULL,
  PRIMARY KEY (`bucket`,`range_from`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;

CREATE TABLE `bucket_moves` (
  `plan_id` char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `kind` enum('numbers','keys','texts') COLLATE utf8mb4_bin NOT NULL,
  `bucket` smallint unsigned NOT NULL,
  `source` smallint unsigned NOT NULL,
  `target` smallint unsigned NOT NULL,
  `cells` text COLLATE utf8mb4_bin NOT NULL,
  `step` enum('planned','importing','purged','capturing','copied','caught_up','verified','frozen','owned','moved','cleaned','revoked') COLLATE utf8mb4_bin NOT NULL,
  `started_by` varchar(128) COLLATE utf8mb4_bin NOT NULL,
  `reason` varchar(255) COLLATE utf8mb4_bin NOT NULL,
  `row_count` bigint unsigned NOT NULL DEFAULT '0',
  `pause_ms` int unsigned DEFAULT NULL,
  `error` text COLLATE utf8mb4_bin,
  `planned_at` datetime(3) NOT NULL,
  `updated_at` datetime(3) NOT NULL,
  `switched_at` datetime(3) DEFAULT NULL,
  PRIMARY KEY (`plan_id`,`kind`,`bucket`),
  KEY `bucket_moves_by_bucket` (`kind`,`bucket`),
  KEY `bucket_moves_by_step` (`step`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `catalogue_shops` (
  `shop_id` varchar(64) COLLATE utf8mb4_bin NOT NULL,
  `revision` bigint unsigned NOT NULL,
  `body` json NOT NULL,
  PRIMARY KEY (`shop_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `directory_entries` (
  `entry_key` varbinary(1000) NOT NULL,
  `shard` smallint unsigned NOT NULL,
  PRIMARY KEY (`entry_key`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;

CREATE TABLE `dirty_numbers` (
  `seq` bigint unsigned NOT NULL AUTO_INCREMENT,
  `bucket` smallint unsigned NOT NULL,
  `number` bigint NOT NULL,
  `connection_id` bigint unsigned NOT NULL,
  PRIMARY KEY (`seq`),
  KEY `dirty_numbers_by_bucket` (`bucket`,`seq`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;

CREATE TABLE `dirty_texts` (
  `seq` bigint unsigned NOT NULL AUTO_INCREMENT,
  `bucket` smallint unsigned NOT NULL,
  `text_key` varbinary(3072) NOT NULL,
  `connection_id` bigint unsigned NOT NULL,
  PRIMARY KEY (`seq`),
  KEY `dirty_texts_by_bucket` (`bucket`,`seq`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;

CREATE TABLE `epoch_openings` (
  `epoch_from` bigint NOT NULL,
  `state` enum('preparing','active','aborted','closing','closed') COLLATE utf8mb4_bin NOT NULL,
  `settled` tinyint unsigned NOT NULL DEFAULT '0',
  `map_version` int unsigned NOT NULL,
  `parent_hash` char(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `hash` char(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `body` mediumtext COLLATE utf8mb4_bin NOT NULL,
  `shards` text COLLATE utf8mb4_bin NOT NULL,
  `prepare_until` datetime(3) NOT NULL,
  `opened_by` varchar(128) COLLATE utf8mb4_bin NOT NULL,
  `opened_at` datetime(3) NOT NULL,
  `decided_at` datetime(3) DEFAULT NULL,
  `decided_by` varchar(128) COLLATE utf8mb4_bin DEFAULT NULL,
  `withdraw_until` datetime(3) DEFAULT NULL,
  PRIMARY KEY (`epoch_from`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `erasures` (
  `erasure_id` char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `member_id` varchar(64) COLLATE utf8mb4_bin NOT NULL,
  `up_to` bigint NOT NULL,
  `asked_by` varchar(128) COLLATE utf8mb4_bin NOT NULL,
  `reason` varchar(255) COLLATE utf8mb4_bin NOT NULL,
  `started_at` datetime(3) NOT NULL,
  `finished_at` datetime(3) DEFAULT NULL,
  `proof` json DEFAULT NULL,
  PRIMARY KEY (`erasure_id`),
  KEY `erasures_by_member` (`member_id`,`started_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `idempotency_keys` (
  `caller` varchar(128) COLLATE utf8mb4_bin NOT NULL,
  `idempotency_key` varchar(255) COLLATE utf8mb4_bin NOT NULL,
  `bucket` smallint unsigned NOT NULL,
  `key_generation` int unsigned NOT NULL,
  `request_hash` binary(32) NOT NULL,
  `number` bigint NOT NULL,
  `answer` mediumtext COLLATE utf8mb4_bin NOT NULL,
  `expires_at` datetime(3) NOT NULL,
  PRIMARY KEY (`caller`,`idempotency_key`),
  KEY `idempotency_keys_by_expiry` (`expires_at`),
  KEY `idempotency_keys_by_bucket` (`bucket`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `inflow_changes` (
  `revision` bigint unsigned NOT NULL,
  `scope` varchar(128) COLLATE utf8mb4_bin NOT NULL,
  `body` json NOT NULL,
  PRIMARY KEY (`revision`),
  KEY `inflow_changes_by_scope` (`scope`,`revision`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `key_fences` (
  `bucket` smallint unsigned NOT NULL,
  `key_generation` int unsigned NOT NULL,
  `state` enum('owned','capturing','frozen','importing','moved','sealed') NOT NULL,
  `generation` int unsigned NOT NULL,
  `next_owner` smallint unsigned DEFAULT NULL,
  `range_from` bigint NOT NULL DEFAULT '0',
  `range_to` bigint NOT NULL DEFAULT '9223372036854775807',
  PRIMARY KEY (`bucket`,`key_generation`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;

CREATE TABLE `operation_heartbeats` (
  `name` varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `token` bigint unsigned NOT NULL,
  `leased_until` datetime(3) NOT NULL,
  PRIMARY KEY (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;

CREATE TABLE `operation_leases` (
  `name` varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `holder` varchar(128) COLLATE utf8mb4_bin NOT NULL,
  `what` varchar(255) COLLATE utf8mb4_bin NOT NULL,
  `token` bigint unsigned NOT NULL,
  `since` datetime(3) NOT NULL,
  PRIMARY KEY (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `operator_actions` (
  `id` bigint unsigned NOT NULL AUTO_INCREMENT,
  `action` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `actor` varchar(128) COLLATE utf8mb4_bin NOT NULL,
  `place` varchar(255) COLLATE utf8mb4_bin NOT NULL,
  `reason` varchar(1000) COLLATE utf8mb4_bin DEFAULT NULL,
  `arguments` json NOT NULL,
  `started_at` datetime(3) NOT NULL,
  `ended_at` datetime(3) DEFAULT NULL,
  `outcome` enum('running','done','refused','failed','stopped') COLLATE utf8mb4_bin NOT NULL,
  `detail` text COLLATE utf8mb4_bin,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `order_items` (
  `number` bigint NOT NULL,
  `line` smallint unsigned NOT NULL,
  `bucket` smallint unsigned NOT NULL,
  `menu_id` varchar(64) COLLATE utf8mb4_bin NOT NULL,
  `name` varchar(255) COLLATE utf8mb4_bin NOT NULL,
  `unit_price` bigint NOT NULL,
  `quantity` int unsigned NOT NULL,
  `amount` bigint NOT NULL,
  PRIMARY KEY (`number`,`line`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin
/*!50100 PARTITION BY RANGE (`number`) */;

CREATE TABLE `order_items_carried` (
  `number` bigint NOT NULL,
  `line` smallint unsigned NOT NULL,
  `bucket` smallint unsigned NOT NULL,
  `menu_id` varchar(64) COLLATE utf8mb4_bin NOT NULL,
  `name` varchar(255) COLLATE utf8mb4_bin NOT NULL,
  `unit_price` bigint NOT NULL,
  `quantity` int unsigned NOT NULL,
  `amount` bigint NOT NULL,
  PRIMARY KEY (`number`,`line`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `orders` (
  `number` bigint NOT NULL,
  `bucket` smallint unsigned NOT NULL,
  `version` int unsigned NOT NULL,
  `status` enum('created','paid','accepted','cooking','ready','dispatched','picked_up','delivered','cancelled','refunded') COLLATE utf8mb4_bin NOT NULL,
  `member_id` varchar(64) COLLATE utf8mb4_bin NOT NULL,
  `shop_id` varchar(64) COLLATE utf8mb4_bin NOT NULL,
  `currency` char(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `total` bigint NOT NULL,
  `details` json NOT NULL,
  `created_at` datetime(3) NOT NULL,
  `updated_at` datetime(3) NOT NULL,
  PRIMARY KEY (`number`),
  KEY `orders_by_bucket` (`bucket`,`number`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin
/*!50100 PARTITION BY RANGE (`number`) */;

CREATE TABLE `orders_carried` (
  `number` bigint NOT NULL,
  `bucket` smallint unsigned NOT NULL,
  `version` int unsigned NOT NULL,
  `status` enum('created','paid','accepted','cooking','ready','dispatched','picked_up','delivered','cancelled','refunded') COLLATE utf8mb4_bin NOT NULL,
  `member_id` varchar(64) COLLATE utf8mb4_bin NOT NULL,
  `shop_id` varchar(64) COLLATE utf8mb4_bin NOT NULL,
  `currency` char(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `total` bigint NOT NULL,
  `details` json NOT NULL,
  `created_at` datetime(3) NOT NULL,
  `updated_at` datetime(3) NOT NULL,
  PRIMARY KEY (`number`),
  KEY `orders_carried_by_bucket` (`bucket`,`number`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `outbox_members` (
  `instance` varchar(128) NOT NULL,
  `seen_until` datetime(3) NOT NULL,
  PRIMARY KEY (`instance`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;

CREATE TABLE `outbox_orders_0` (
  `id` bigint unsigned NOT NULL AUTO_INCREMENT,
  `day` date NOT NULL,
  `event_id` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `aggregatetype` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `aggregateid` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `type` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `sequence` int unsigned NOT NULL,
  `bucket` smallint unsigned NOT NULL,
  `payload` mediumtext COLLATE utf8mb4_bin NOT NULL,
  `traceparent` varchar(55) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `occurred_at` datetime(3) NOT NULL,
  PRIMARY KEY (`id`,`day`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin
/*!50500 PARTITION BY RANGE  COLUMNS(`day`) */;

CREATE TABLE `outbox_orders_1` (
  `id` bigint unsigned NOT NULL AUTO_INCREMENT,
  `day` date NOT NULL,
  `event_id` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `aggregatetype` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `aggregateid` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `type` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `sequence` int unsigned NOT NULL,
  `bucket` smallint unsigned NOT NULL,
  `payload` mediumtext COLLATE utf8mb4_bin NOT NULL,
  `traceparent` varchar(55) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `occurred_at` datetime(3) NOT NULL,
  PRIMARY KEY (`id`,`day`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin
/*!50500 PARTITION BY RANGE  COLUMNS(`day`) */;

CREATE TABLE `outbox_orders_2` (
  `id` bigint unsigned NOT NULL AUTO_INCREMENT,
  `day` date NOT NULL,
  `event_id` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `aggregatetype` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `aggregateid` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `type` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `sequence` int unsigned NOT NULL,
  `bucket` smallint unsigned NOT NULL,
  `payload` mediumtext COLLATE utf8mb4_bin NOT NULL,
  `traceparent` varchar(55) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `occurred_at` datetime(3) NOT NULL,
  PRIMARY KEY (`id`,`day`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin
/*!50500 PARTITION BY RANGE  COLUMNS(`day`) */;

CREATE TABLE `outbox_orders_3` (
  `id` bigint unsigned NOT NULL AUTO_INCREMENT,
  `day` date NOT NULL,
  `event_id` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `aggregatetype` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `aggregateid` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `type` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `sequence` int unsigned NOT NULL,
  `bucket` smallint unsigned NOT NULL,
  `payload` mediumtext COLLATE utf8mb4_bin NOT NULL,
  `traceparent` varchar(55) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `occurred_at` datetime(3) NOT NULL,
  PRIMARY KEY (`id`,`day`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin
/*!50500 PARTITION BY RANGE  COLUMNS(`day`) */;

CREATE TABLE `outbox_parked` (
  `table_name` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `id` bigint unsigned NOT NULL,
  `aggregateid` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `event_id` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `bucket` smallint unsigned NOT NULL,
  `reason` varchar(1000) COLLATE utf8mb4_bin DEFAULT NULL,
  `state` enum('parked','released','discarded') COLLATE utf8mb4_bin NOT NULL,
  `attempts` int unsigned NOT NULL,
  `parked_at` datetime(3) NOT NULL,
  `changed_by` varchar(128) COLLATE utf8mb4_bin DEFAULT NULL,
  `note` varchar(255) COLLATE utf8mb4_bin DEFAULT NULL,
  PRIMARY KEY (`table_name`,`id`),
  KEY `outbox_parked_by_key` (`table_name`,`aggregateid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `outbox_relays` (
  `table_name` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `holder` varchar(128) NOT NULL,
  `token` bigint unsigned NOT NULL,
  `leased_until` datetime(3) NOT NULL,
  `settled_id` bigint unsigned NOT NULL,
  `gaps` mediumtext NOT NULL,
  `engine` enum('embedded','connect') NOT NULL DEFAULT 'embedded',
  `connector` varchar(512) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `handback` mediumtext,
  PRIMARY KEY (`table_name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;

CREATE TABLE `outbox_republish_runs` (
  `run_id` char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `started_by` varchar(128) COLLATE utf8mb4_bin NOT NULL,
  `reason` varchar(255) COLLATE utf8mb4_bin NOT NULL,
  `selector` text COLLATE utf8mb4_bin NOT NULL,
  `topic` varchar(255) COLLATE utf8mb4_bin NOT NULL,
  `started_at` datetime(3) NOT NULL,
  `finished_at` datetime(3) DEFAULT NULL,
  `events` bigint unsigned NOT NULL,
  PRIMARY KEY (`run_id`),
  KEY `outbox_republish_runs_by_time` (`started_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `outbox_topics` (
  `topic` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `tables` smallint unsigned NOT NULL,
  PRIMARY KEY (`topic`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;

CREATE TABLE `retention_days` (
  `day` date NOT NULL,
  `step` enum('closing','archived','detached','dropped','dropping') COLLATE utf8mb4_bin NOT NULL,
  `archive` varchar(512) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `manifest` text COLLATE utf8mb4_bin,
  `carried` bigint unsigned NOT NULL,
  `kept_for` varchar(1000) COLLATE utf8mb4_bin DEFAULT NULL,
  `started_at` datetime(3) NOT NULL,
  `changed_at` datetime(3) NOT NULL,
  PRIMARY KEY (`day`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `retention_holds` (
  `number` bigint NOT NULL,
  `bucket` smallint unsigned NOT NULL,
  `reason` varchar(255) COLLATE utf8mb4_bin NOT NULL,
  `held_by` varchar(128) COLLATE utf8mb4_bin NOT NULL,
  `held_at` datetime(3) NOT NULL,
  PRIMARY KEY (`number`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `shard_beats` (
  `shard_id` smallint unsigned NOT NULL,
  `incarnation` int unsigned NOT NULL,
  `beat` bigint unsigned NOT NULL,
  `beaten_at` datetime(3) NOT NULL,
  PRIMARY KEY (`shard_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;

CREATE TABLE `shard_identity` (
  `id` tinyint unsigned NOT NULL DEFAULT '1',
  `cluster_id` varchar(64) NOT NULL,
  `shard_id` smallint unsigned NOT NULL,
  `bucket_count` smallint unsigned NOT NULL,
  `created_at` datetime(3) NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;

CREATE TABLE `shard_maps` (
  `version` int unsigned NOT NULL,
  `parent_hash` char(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `hash` char(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `body` mediumtext NOT NULL,
  `created_at` datetime(3) NOT NULL,
  PRIMARY KEY (`version`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;

CREATE TABLE `shard_seals` (
  `shard_id` smallint unsigned NOT NULL,
  `version` bigint unsigned NOT NULL,
  `hash` char(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `body` mediumtext CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `map_version` int unsigned NOT NULL,
  `sealed_at` datetime(3) NOT NULL,
  PRIMARY KEY (`shard_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;

CREATE TABLE `text_fences` (
  `bucket` smallint unsigned NOT NULL,
  `state` enum('owned','capturing','frozen','importing','moved') NOT NULL,
  `generation` int unsigned NOT NULL,
  `next_owner` smallint unsigned DEFAULT NULL,
  PRIMARY KEY (`bucket`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;

CREATE TABLE `worker_leases` (
  `slot` smallint unsigned NOT NULL,
  `holder` varchar(128) NOT NULL,
  `token` bigint unsigned NOT NULL,
  `leased_until` datetime(3) NOT NULL,
  `high_water_ms` bigint NOT NULL,
  PRIMARY KEY (`slot`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE PROCEDURE `ordershard_commit`()
    SQL SECURITY INVOKER
BEGIN
  SET @ordershard_key_bucket = NULL, @ordershard_rows = NULL;
  COMMIT AND NO CHAIN NO RELEASE;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE PROCEDURE `ordershard_judge`(
  IN p_number BIGINT, IN p_bucket SMALLINT UNSIGNED, IN p_key_bucket SMALLINT UNSIGNED, IN p_key_generation INT UNSIGNED,
  IN p_now_from BIGINT, IN p_now_to BIGINT)
    SQL SECURITY INVOKER
BEGIN
  DECLARE v_state, v_key_state VARCHAR(16) CHARACTER SET ascii;
  DECLARE v_next_owner, v_key_next_owner SMALLINT UNSIGNED;
  DECLARE v_writable_from BIGINT;
  DECLARE v_key_generation INT UNSIGNED;
  DECLARE v_now BIGINT DEFAULT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED);
  DECLARE v_at BIGINT DEFAULT COALESCE(p_number, GREATEST(v_now - 1735689600000, 0) << 22);
  DECLARE v_message VARCHAR(128) CHARACTER SET ascii;
  IF p_number IS NOT NULL THEN
    SELECT state, next_owner, writable_from INTO v_state, v_next_owner, v_writable_from
      FROM bucket_fences FORCE INDEX (PRIMARY)
     WHERE bucket = p_bucket AND range_from <= p_number AND range_to > p_number
     ORDER BY range_from DESC LIMIT 1
       FOR SHARE SKIP LOCKED;
  END IF;
  IF p_key_bucket IS NOT NULL THEN
    SELECT state, next_owner, key_generation INTO v_key_state, v_key_next_owner, v_key_generation
      FROM key_fences FORCE INDEX (PRIMARY)
     WHERE bucket = p_key_bucket AND range_from <= v_at AND range_to > v_at
     ORDER BY key_generation LIMIT 1
       FOR SHARE SKIP LOCKED;
  END IF;
  IF COALESCE(
       (p_number IS NULL
          OR ((v_state IN ('capturing', 'carried') OR (v_state = 'owned' AND v_next_owner IS NULL)) AND v_writable_from <= p_number))
       AND (p_key_bucket IS NULL
          OR ((v_key_state = 'capturing' OR (v_key_state = 'owned' AND v_key_next_owner IS NULL)) AND v_key_generation = p_key_generation))
       AND v_now BETWEEN COALESCE(p_now_from, 0) AND COALESCE(p_now_to, 9223372036854775807)
     , 0) THEN
    IF v_state = 'capturing' OR (v_state = 'carried' AND v_next_owner IS NOT NULL) THEN
      INSERT INTO dirty_numbers (bucket, number, connection_id) VALUES (p_bucket, p_number, CONNECTION_ID());
    END IF;
    SET @ordershard_key_bucket = CAST(p_key_bucket AS CHAR), @ordershard_rows = CAST(CONCAT(',', p_bucket, ':', p_number, ',') AS BINARY);
  ELSE
    ROLLBACK AND NO CHAIN NO RELEASE;
    SET @ordershard_key_bucket = NULL, @ordershard_rows = NULL;
    SET v_message = CONCAT_WS(',', COALESCE(v_state, ''), COALESCE(v_next_owner, ''), COALESCE(v_writable_from, ''),
      COALESCE(v_key_state, ''), COALESCE(v_key_next_owner, ''), COALESCE(v_key_generation, ''), v_now);
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 20002, MESSAGE_TEXT = v_message;
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE PROCEDURE `ordershard_merged_fences`(IN p_fences JSON, IN p_key_buckets JSON)
    SQL SECURITY INVOKER
BEGIN
  START TRANSACTION READ WRITE;
  SELECT wanted.number, fence.state, fence.generation, fence.next_owner, fence.writable_from, fence.readable_from,
         CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS UNSIGNED) AS now_ms
    FROM JSON_TABLE(p_fences, '$[*]' COLUMNS (bucket SMALLINT UNSIGNED PATH '$[0]', number BIGINT PATH '$[1]')) AS wanted
    STRAIGHT_JOIN bucket_fences AS fence FORCE INDEX (PRIMARY)
      ON fence.bucket = wanted.bucket AND fence.range_from <= wanted.number AND fence.range_to > wanted.number
     FOR SHARE OF fence SKIP LOCKED;
  SELECT wanted.bucket, fence.key_generation, fence.state, fence.generation, fence.next_owner, fence.range_from, fence.range_to,
         CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS UNSIGNED) AS now_ms
    FROM JSON_TABLE(p_key_buckets, '$[*]' COLUMNS (bucket SMALLINT UNSIGNED PATH '$')) AS wanted
    STRAIGHT_JOIN key_fences AS fence FORCE INDEX (PRIMARY) ON fence.bucket = wanted.bucket
   ORDER BY wanted.bucket, fence.key_generation
     FOR SHARE OF fence SKIP LOCKED;
  ROLLBACK;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE PROCEDURE `ordershard_open`(
  IN p_number BIGINT, IN p_bucket SMALLINT UNSIGNED, IN p_key_bucket SMALLINT UNSIGNED, IN p_key_generation INT UNSIGNED,
  IN p_now_from BIGINT, IN p_now_to BIGINT)
    SQL SECURITY INVOKER
BEGIN
  DECLARE v_rows VARBINARY(40);
  IF @@global.super_read_only OR @@global.innodb_read_only THEN
    SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1290, MESSAGE_TEXT = 'this server takes no writes';
  END IF;
  START TRANSACTION READ WRITE;
  IF p_key_bucket IS NULL THEN
    SELECT CONCAT(',', p_bucket, ':', p_number, ',') INTO v_rows
      FROM bucket_fences FORCE INDEX (PRIMARY)
     WHERE bucket = p_bucket AND range_from <= p_number AND range_to > p_number
       AND state = 'owned' AND next_owner IS NULL AND writable_from <= p_number
       AND (p_now_from IS NULL OR CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) BETWEEN p_now_from AND p_now_to)
       FOR SHARE SKIP LOCKED;
  END IF;
  IF v_rows IS NULL THEN
    CALL ordershard_judge(p_number, p_bucket, p_key_bucket, p_key_generation, p_now_from, p_now_to);
  ELSE
    SET @ordershard_key_bucket = NULL, @ordershard_rows = v_rows;
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE PROCEDURE `ordershard_open_merged`(
  IN p_rows MEDIUMTEXT CHARACTER SET ascii, IN p_key_buckets TEXT, IN p_key_fences JSON,
  IN p_now_from BIGINT, IN p_now_to BIGINT)
    SQL SECURITY INVOKER
BEGIN
  DECLARE v_passed INT UNSIGNED DEFAULT 0;
  DECLARE v_captured INT UNSIGNED DEFAULT 0;
  DECLARE v_keys_passed INT UNSIGNED DEFAULT 0;
  DECLARE v_now BIGINT DEFAULT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED);
  DECLARE v_fences JSON DEFAULT CONCAT('[[', REPLACE(REPLACE(TRIM(BOTH ',' FROM p_rows), ',', '],['), ':', ','), ']]');
  IF @@global.super_read_only OR @@global.innodb_read_only THEN
    SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1290, MESSAGE_TEXT = 'this server takes no writes';
  END IF;
  START TRANSACTION READ WRITE;
  IF v_fences IS NOT NULL THEN
    SELECT COUNT(*), COALESCE(SUM(fence.state = 'capturing' OR (fence.state = 'carried' AND fence.next_owner IS NOT NULL)), 0)
      INTO v_passed, v_captured
      FROM JSON_TABLE(v_fences, '$[*]' COLUMNS (bucket SMALLINT UNSIGNED PATH '$[0]', number BIGINT PATH '$[1]')) AS wanted
      STRAIGHT_JOIN bucket_fences AS fence FORCE INDEX (PRIMARY)
        ON fence.bucket = wanted.bucket AND fence.range_from <= wanted.number AND fence.range_to > wanted.number
     WHERE (fence.state IN ('capturing', 'carried') OR (fence.state = 'owned' AND fence.next_owner IS NULL))
       AND fence.writable_from <= wanted.number
       FOR SHARE OF fence SKIP LOCKED;
  END IF;
  IF p_key_fences IS NOT NULL THEN
    SELECT COUNT(*) INTO v_keys_passed
      FROM JSON_TABLE(p_key_fences, '$[*]' COLUMNS (bucket SMALLINT UNSIGNED PATH '$[0]', generation INT UNSIGNED PATH '$[1]', number BIGINT PATH '$[2]')) AS wanted
      STRAIGHT_JOIN key_fences AS fence FORCE INDEX (PRIMARY)
        ON fence.bucket = wanted.bucket AND fence.key_generation = wanted.generation
       AND fence.range_from <= COALESCE(wanted.number, GREATEST(v_now - 1735689600000, 0) << 22)
       AND fence.range_to > COALESCE(wanted.number, GREATEST(v_now - 1735689600000, 0) << 22)
     WHERE fence.state = 'capturing' OR (fence.state = 'owned' AND fence.next_owner IS NULL)
       FOR SHARE OF fence SKIP LOCKED;
  END IF;
  IF v_passed <> COALESCE(JSON_LENGTH(v_fences), 0)
     OR v_keys_passed <> COALESCE(JSON_LENGTH(p_key_fences), 0)
     OR v_now NOT BETWEEN COALESCE(p_now_from, 0) AND COALESCE(p_now_to, 9223372036854775807) THEN
    ROLLBACK AND NO CHAIN NO RELEASE;
    SET @ordershard_key_bucket = NULL, @ordershard_rows = NULL;
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 20001, MESSAGE_TEXT = 'ordershard: a fence does not let a unit pass';
  END IF;
  IF v_captured > 0 THEN
    INSERT INTO dirty_numbers (bucket, number, connection_id)
    SELECT wanted.bucket, wanted.number, CONNECTION_ID()
      FROM JSON_TABLE(v_fences, '$[*]' COLUMNS (bucket SMALLINT UNSIGNED PATH '$[0]', number BIGINT PATH '$[1]')) AS wanted
      STRAIGHT_JOIN bucket_fences AS fence FORCE INDEX (PRIMARY)
        ON fence.bucket = wanted.bucket AND fence.range_from <= wanted.number AND fence.range_to > wanted.number
     WHERE fence.state = 'capturing' OR (fence.state = 'carried' AND fence.next_owner IS NOT NULL);
  END IF;
  SET @ordershard_key_bucket = p_key_buckets, @ordershard_rows = CAST(p_rows AS BINARY);
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE PROCEDURE `ordershard_open_number`(
  IN p_number BIGINT, IN p_bucket SMALLINT UNSIGNED, IN p_range_from BIGINT, IN p_now_from BIGINT, IN p_now_to BIGINT)
    SQL SECURITY INVOKER
BEGIN
  DECLARE v_rows VARBINARY(40);
  IF @@global.super_read_only OR @@global.innodb_read_only THEN
    SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1290, MESSAGE_TEXT = 'this server takes no writes';
  END IF;
  START TRANSACTION READ WRITE;
  SELECT CONCAT(',', p_bucket, ':', p_number, ',') INTO v_rows
    FROM bucket_fences
   WHERE bucket = p_bucket AND range_from = p_range_from AND p_range_from <= p_number AND range_to > p_number
     AND state = 'owned' AND next_owner IS NULL AND writable_from <= p_number
     AND (p_now_from IS NULL OR CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) BETWEEN p_now_from AND p_now_to)
     FOR SHARE SKIP LOCKED;
  IF v_rows IS NULL THEN
    CALL ordershard_judge(p_number, p_bucket, NULL, NULL, p_now_from, p_now_to);
  ELSE
    SET @ordershard_key_bucket = NULL, @ordershard_rows = v_rows;
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE PROCEDURE `ordershard_open_text`(IN p_text VARBINARY(3072), IN p_bucket SMALLINT UNSIGNED)
    SQL SECURITY INVOKER
BEGIN
  DECLARE v_state VARCHAR(16) CHARACTER SET ascii;
  DECLARE v_next_owner SMALLINT UNSIGNED;
  DECLARE v_message VARCHAR(128) CHARACTER SET ascii;
  IF @@global.super_read_only OR @@global.innodb_read_only THEN
    SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1290, MESSAGE_TEXT = 'this server takes no writes';
  END IF;
  START TRANSACTION READ WRITE;
  SELECT state, next_owner INTO v_state, v_next_owner
    FROM text_fences FORCE INDEX (PRIMARY)
   WHERE bucket = p_bucket
     FOR SHARE SKIP LOCKED;
  IF COALESCE(v_state = 'capturing' OR (v_state = 'owned' AND v_next_owner IS NULL), 0) THEN
    IF v_state = 'capturing' THEN
      INSERT INTO dirty_texts (bucket, text_key, connection_id) VALUES (p_bucket, p_text, CONNECTION_ID());
    END IF;
    SET @ordershard_key_bucket = NULL, @ordershard_rows = CAST(CONCAT(',', p_bucket, ':x', HEX(p_text), ',') AS BINARY);
  ELSE
    ROLLBACK AND NO CHAIN NO RELEASE;
    SET @ordershard_key_bucket = NULL, @ordershard_rows = NULL;
    SET v_message = CONCAT_WS(',', COALESCE(v_state, ''), COALESCE(v_next_owner, ''), 0, '', '', '', CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED));
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 20002, MESSAGE_TEXT = v_message;
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE PROCEDURE `ordershard_rollback`()
    SQL SECURITY INVOKER
BEGIN
  ROLLBACK AND NO CHAIN NO RELEASE;
  SET @ordershard_key_bucket = NULL, @ordershard_rows = NULL;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE TRIGGER `applied_units_carried_guard_delete` BEFORE DELETE ON `applied_units_carried` FOR EACH ROW BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`number`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE TRIGGER `applied_units_carried_guard_insert` BEFORE INSERT ON `applied_units_carried` FOR EACH ROW BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', NEW.`bucket`, ':', NEW.`number`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE TRIGGER `applied_units_carried_guard_update` BEFORE UPDATE ON `applied_units_carried` FOR EACH ROW BEGIN
  IF (COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`number`, ',')), 0) = 0 OR NOT (NEW.`bucket` <=> OLD.`bucket` AND NEW.`number` <=> OLD.`number`)) AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE TRIGGER `applied_units_guard_delete` BEFORE DELETE ON `applied_units` FOR EACH ROW BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`number`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE TRIGGER `applied_units_guard_insert` BEFORE INSERT ON `applied_units` FOR EACH ROW BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', NEW.`bucket`, ':', NEW.`number`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE TRIGGER `applied_units_guard_update` BEFORE UPDATE ON `applied_units` FOR EACH ROW BEGIN
  IF (COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`number`, ',')), 0) = 0 OR NOT (NEW.`bucket` <=> OLD.`bucket` AND NEW.`number` <=> OLD.`number`)) AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE TRIGGER `idempotency_keys_guard_delete` BEFORE DELETE ON `idempotency_keys` FOR EACH ROW BEGIN
  IF COALESCE(FIND_IN_SET(OLD.`bucket`, @ordershard_key_bucket), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket of the row is not what this scope opened';
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE TRIGGER `idempotency_keys_guard_insert` BEFORE INSERT ON `idempotency_keys` FOR EACH ROW BEGIN
  IF COALESCE(FIND_IN_SET(NEW.`bucket`, @ordershard_key_bucket), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket of the row is not what this scope opened';
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE TRIGGER `idempotency_keys_guard_update` BEFORE UPDATE ON `idempotency_keys` FOR EACH ROW BEGIN
  IF (COALESCE(FIND_IN_SET(OLD.`bucket`, @ordershard_key_bucket), 0) = 0 OR NOT (NEW.`bucket` <=> OLD.`bucket`)) AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket of the row is not what this scope opened';
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE TRIGGER `orders_carried_guard_delete` BEFORE DELETE ON `orders_carried` FOR EACH ROW BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`number`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE TRIGGER `orders_carried_guard_insert` BEFORE INSERT ON `orders_carried` FOR EACH ROW BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', NEW.`bucket`, ':', NEW.`number`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE TRIGGER `orders_carried_guard_update` BEFORE UPDATE ON `orders_carried` FOR EACH ROW BEGIN
  IF (COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`number`, ',')), 0) = 0 OR NOT (NEW.`bucket` <=> OLD.`bucket` AND NEW.`number` <=> OLD.`number`)) AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE TRIGGER `orders_guard_delete` BEFORE DELETE ON `orders` FOR EACH ROW BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`number`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE TRIGGER `orders_guard_insert` BEFORE INSERT ON `orders` FOR EACH ROW BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', NEW.`bucket`, ':', NEW.`number`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE TRIGGER `orders_guard_update` BEFORE UPDATE ON `orders` FOR EACH ROW BEGIN
  IF (COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`number`, ',')), 0) = 0 OR NOT (NEW.`bucket` <=> OLD.`bucket` AND NEW.`number` <=> OLD.`number`)) AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE TRIGGER `order_items_carried_guard_delete` BEFORE DELETE ON `order_items_carried` FOR EACH ROW BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`number`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE TRIGGER `order_items_carried_guard_insert` BEFORE INSERT ON `order_items_carried` FOR EACH ROW BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', NEW.`bucket`, ':', NEW.`number`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE TRIGGER `order_items_carried_guard_update` BEFORE UPDATE ON `order_items_carried` FOR EACH ROW BEGIN
  IF (COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`number`, ',')), 0) = 0 OR NOT (NEW.`bucket` <=> OLD.`bucket` AND NEW.`number` <=> OLD.`number`)) AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE TRIGGER `order_items_guard_delete` BEFORE DELETE ON `order_items` FOR EACH ROW BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`number`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE TRIGGER `order_items_guard_insert` BEFORE INSERT ON `order_items` FOR EACH ROW BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', NEW.`bucket`, ':', NEW.`number`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE TRIGGER `order_items_guard_update` BEFORE UPDATE ON `order_items` FOR EACH ROW BEGIN
  IF (COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`number`, ',')), 0) = 0 OR NOT (NEW.`bucket` <=> OLD.`bucket` AND NEW.`number` <=> OLD.`number`)) AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE TRIGGER `outbox_orders_0_guard_delete` BEFORE DELETE ON `outbox_orders_0` FOR EACH ROW BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`aggregateid`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE TRIGGER `outbox_orders_0_guard_insert` BEFORE INSERT ON `outbox_orders_0` FOR EACH ROW BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', NEW.`bucket`, ':', NEW.`aggregateid`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE TRIGGER `outbox_orders_0_guard_update` BEFORE UPDATE ON `outbox_orders_0` FOR EACH ROW BEGIN
  IF (COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`aggregateid`, ',')), 0) = 0 OR NOT (NEW.`bucket` <=> OLD.`bucket` AND NEW.`aggregateid` <=> OLD.`aggregateid`)) AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE TRIGGER `outbox_orders_1_guard_delete` BEFORE DELETE ON `outbox_orders_1` FOR EACH ROW BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`aggregateid`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE TRIGGER `outbox_orders_1_guard_insert` BEFORE INSERT ON `outbox_orders_1` FOR EACH ROW BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', NEW.`bucket`, ':', NEW.`aggregateid`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE TRIGGER `outbox_orders_1_guard_update` BEFORE UPDATE ON `outbox_orders_1` FOR EACH ROW BEGIN
  IF (COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`aggregateid`, ',')), 0) = 0 OR NOT (NEW.`bucket` <=> OLD.`bucket` AND NEW.`aggregateid` <=> OLD.`aggregateid`)) AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE TRIGGER `outbox_orders_2_guard_delete` BEFORE DELETE ON `outbox_orders_2` FOR EACH ROW BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`aggregateid`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE TRIGGER `outbox_orders_2_guard_insert` BEFORE INSERT ON `outbox_orders_2` FOR EACH ROW BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', NEW.`bucket`, ':', NEW.`aggregateid`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE TRIGGER `outbox_orders_2_guard_update` BEFORE UPDATE ON `outbox_orders_2` FOR EACH ROW BEGIN
  IF (COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`aggregateid`, ',')), 0) = 0 OR NOT (NEW.`bucket` <=> OLD.`bucket` AND NEW.`aggregateid` <=> OLD.`aggregateid`)) AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE TRIGGER `outbox_orders_3_guard_delete` BEFORE DELETE ON `outbox_orders_3` FOR EACH ROW BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`aggregateid`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE TRIGGER `outbox_orders_3_guard_insert` BEFORE INSERT ON `outbox_orders_3` FOR EACH ROW BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', NEW.`bucket`, ':', NEW.`aggregateid`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE TRIGGER `outbox_orders_3_guard_update` BEFORE UPDATE ON `outbox_orders_3` FOR EACH ROW BEGIN
  IF (COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`aggregateid`, ',')), 0) = 0 OR NOT (NEW.`bucket` <=> OLD.`bucket` AND NEW.`aggregateid` <=> OLD.`aggregateid`)) AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE TRIGGER `retention_holds_guard_delete` BEFORE DELETE ON `retention_holds` FOR EACH ROW BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`number`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE TRIGGER `retention_holds_guard_insert` BEFORE INSERT ON `retention_holds` FOR EACH ROW BEGIN
  IF COALESCE(INSTR(@ordershard_rows, CONCAT(',', NEW.`bucket`, ':', NEW.`number`, ',')), 0) = 0 AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END//
DELIMITER ;

DELIMITER //
-- sql_mode: ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
CREATE TRIGGER `retention_holds_guard_update` BEFORE UPDATE ON `retention_holds` FOR EACH ROW BEGIN
  IF (COALESCE(INSTR(@ordershard_rows, CONCAT(',', OLD.`bucket`, ':', OLD.`number`, ',')), 0) = 0 OR NOT (NEW.`bucket` <=> OLD.`bucket` AND NEW.`number` <=> OLD.`number`)) AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: bucket and number or key of the row are not what this scope opened';
  END IF;
END//
DELIMITER ;
