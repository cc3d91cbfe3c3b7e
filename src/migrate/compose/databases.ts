/** Images of stores that speak no HTTP, or none that is meant for people: the last part of their names. */
const images =
  /(^|\/|[-_])(mongo|mongodb|postgres|postgresql|postgis|pgvector|timescaledb|pgbouncer|mysql|mariadb|percona|redis|valkey|keydb|dragonfly|memcached|elasticsearch|opensearch|rabbitmq|cassandra|scylla|couchdb|influxdb|clickhouse|clickhouse-server|neo4j|etcd|zookeeper|kafka|mssql|mssql-server|cockroach|rethinkdb|arangodb|nats|openldap)([-_](community-server|server|alpine|ha|db))?$/;

const ports: ReadonlyMap<number, string> = new Map([
  [27_017, 'MongoDB'],
  [5432, 'PostgreSQL'],
  [3306, 'MySQL'],
  [6379, 'Redis'],
  [11_211, 'memcached'],
  [9200, 'Elasticsearch'],
  [9300, 'Elasticsearch'],
  [5672, 'RabbitMQ'],
  [9042, 'Cassandra'],
  [5984, 'CouchDB'],
  [8086, 'InfluxDB'],
  [7687, 'Neo4j'],
  [2379, 'etcd'],
  [2181, 'ZooKeeper'],
  [9092, 'Kafka'],
  [1433, 'SQL Server'],
  [26_257, 'CockroachDB'],
  [4222, 'NATS'],
  [389, 'LDAP'],
]);

/** What database a service seems to be, by its image or the port of its container; null when it seems to be none. */
export function databaseOf(image: string, containerPort: number): string | null {
  const name = image
    .replace(/@.*$/, '')
    .replace(/:[^/:]*$/, '')
    .toLowerCase();
  const match = images.exec(name);
  // RabbitMQ's pages for people are on a port of their own.
  if (match !== null && containerPort !== 15_672) return match[2] ?? null;
  return ports.get(containerPort) ?? null;
}
