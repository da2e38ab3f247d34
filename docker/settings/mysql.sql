CREATE DATABASE IF NOT EXISTS ordershard;
CREATE USER IF NOT EXISTS 'ordershard'@'%' IDENTIFIED BY 'ordershard';
GRANT ALL PRIVILEGES ON `ordershard%`.* TO 'ordershard'@'%';
GRANT PROCESS, RELOAD, REPLICATION CLIENT, REPLICATION SLAVE ON *.* TO 'ordershard'@'%';
CREATE USER IF NOT EXISTS 'ordershard_admin'@'%' IDENTIFIED BY 'ordershard';
GRANT ALL PRIVILEGES ON *.* TO 'ordershard_admin'@'%' WITH GRANT OPTION;
