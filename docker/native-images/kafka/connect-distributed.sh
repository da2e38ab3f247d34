#!/bin/sh
# As the script of that name in Kafka's distribution.
# shellcheck disable=SC2086 # one option a word
exec java ${KAFKA_HEAP_OPTS:-} -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp '/opt/kafka/libs/*' org.apache.kafka.connect.cli.ConnectDistributed "$@"
