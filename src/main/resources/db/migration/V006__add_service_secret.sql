-- One secret for all replicas. It makes ETags and cursors opaque: they show neither a key nor a count of other tenants.
CREATE TABLE service_secret (
  id TINYINT NOT NULL COMMENT 'always 1: there is one row',
  secret BINARY(32) NOT NULL,
  PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT INTO service_secret (id, secret) VALUES (1, RANDOM_BYTES(32));
