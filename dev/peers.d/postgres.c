// A closed loop of calls on one core for PostgreSQL, by libpq. Every connection sends `depth`
// statements at once, waits for their results, and begins again. The settings are those of load,
// with as protocol
//   each       every statement is a transaction
//   pipelined  the statements sent at once are one transaction
//   rows       one statement with as many rows, by unnest
// Reads are prepared selects, pipelined. Prints one line of JSON.
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "load/measure.h"
#include "load/settings.h"

enum { RECORD_SIZE = 270, MAXIMUM_DEPTH = 256, EMAIL_CAPACITY = KEY_CAPACITY + 16 };
enum mode { EACH, PIPELINED, ROWS };

struct connection {
  PGconn *session;
  int waiting;  // for as many results and ends of transactions
  uint64_t begun;
};

static struct settings settings;
static enum mode mode;

static const char *const read_sql = "SELECT body FROM customers WHERE external_id = $1";
static const char *const one_sql =
    "INSERT INTO customers (external_id, email, body) VALUES ($1, $2, $3) "
    "ON CONFLICT (external_id) DO UPDATE SET body = excluded.body, updated_at = now()";
// Ordered, so that no two transactions wait for each other's rows in a circle.
static const char *const rows_sql =
    "INSERT INTO customers (external_id, email, body) "
    "SELECT DISTINCT ON (k) k, e, b "
    "FROM unnest($1::text[], $2::text[], $3::bytea[]) AS given (k, e, b) ORDER BY k "
    "ON CONFLICT (external_id) DO UPDATE SET body = excluded.body, updated_at = now()";

static void check(struct connection *connection, int done) {
  if (!done) fail("PostgreSQL: %s", PQerrorMessage(connection->session));
}

static void open_connection(struct connection *connection) {
  char host[64], port[8];
  if (sscanf(settings.address, "%63[^:]:%7s", host, port) != 2) fail("address: expected HOST:PORT");
  const char *const names[] = {"host", "port", "user", "dbname", "sslmode", NULL};
  const char *const values[] = {host, port, "postgres", "postgres", "disable", NULL};
  const char *sql = settings.work == WORK_GET ? read_sql : mode == ROWS ? rows_sql : one_sql;
  connection->session = PQconnectdbParams(names, values, 0);
  check(connection, PQstatus(connection->session) == CONNECTION_OK);
  PGresult *result = PQprepare(connection->session, "s", sql, 0, NULL);
  check(connection, PQresultStatus(result) == PGRES_COMMAND_OK);
  PQclear(result);
  check(connection, PQsetnonblocking(connection->session, 1) == 0);
  check(connection, PQenterPipelineMode(connection->session));
}

// A customer to write. The record differs each time, as an update of a name makes it.
struct customer {
  char key[KEY_CAPACITY], email[EMAIL_CAPACITY], body[RECORD_SIZE + 1];
};

static void fill_customer(struct customer *customer) {
  static unsigned count;
  size_t size = next_key(&settings, customer->key);
  const char *domain = settings.work == WORK_NEW ? "example.com" : "shop.example.com";
  snprintf(customer->email, EMAIL_CAPACITY, "%.*s@%s", (int)size, customer->key, domain);
  snprintf(customer->body, sizeof customer->body, "%0*u", RECORD_SIZE, ++count);
}

static int by_key(const void *one, const void *other) {
  return strcmp(((const struct customer *)one)->key, ((const struct customer *)other)->key);
}

static struct customer customers[MAXIMUM_DEPTH];

// Fills in as many customers as are sent at once. A transaction of several takes them in order, so
// that it never waits in a circle with another one.
static void fill_customers(void) {
  for (int i = 0; i < settings.depth; i++) fill_customer(&customers[i]);
  if (mode != EACH) qsort(customers, (size_t)settings.depth, sizeof *customers, by_key);
}

static void send_statement(struct connection *connection, const char *const *values, int count) {
  check(connection, PQsendQueryPrepared(connection->session, "s", count, values, NULL, NULL,
                                        settings.work == WORK_GET));
  connection->waiting++;
}

static void end_transaction(struct connection *connection) {
  check(connection, PQpipelineSync(connection->session));
  connection->waiting++;
}

// Sends all customers as three arrays in PostgreSQL's text form; none of the texts needs quotes.
static void send_rows(struct connection *connection) {
  static char arrays[3][MAXIMUM_DEPTH * (RECORD_SIZE + 4)];
  char *ends[3] = {arrays[0], arrays[1], arrays[2]};
  for (int i = 0; i < settings.depth; i++) {
    const char *values[] = {customers[i].key, customers[i].email, customers[i].body};
    for (int column = 0; column < 3; column++)
      ends[column] += sprintf(ends[column], "%c%s", i ? ',' : '{', values[column]);
  }
  for (int column = 0; column < 3; column++) strcpy(ends[column], "}");
  const char *const values[] = {arrays[0], arrays[1], arrays[2]};
  send_statement(connection, values, 3);
}

static void ask(struct connection *connection) {
  connection->begun = now_ns();
  if (settings.work == WORK_GET) {
    char key[KEY_CAPACITY];
    const char *const values[] = {key};
    for (int i = 0; i < settings.depth; i++) {
      next_key(&settings, key);
      send_statement(connection, values, 1);
    }
  } else {
    fill_customers();
    if (mode == ROWS) send_rows(connection);
    for (int i = 0; mode != ROWS && i < settings.depth; i++) {
      const char *const values[] = {customers[i].key, customers[i].email, customers[i].body};
      send_statement(connection, values, 3);
      if (mode == EACH && i + 1 < settings.depth) end_transaction(connection);
    }
  }
  end_transaction(connection);
  check(connection, PQflush(connection->session) >= 0);
}

// Takes one result, and records the calls that it answers: a read when its row is there, a write
// when its transaction has ended.
static void take(struct connection *connection, const PGresult *result) {
  uint64_t elapsed = now_ns() - connection->begun;
  connection->waiting--;
  switch (PQresultStatus(result)) {
    case PGRES_TUPLES_OK:
      if (PQntuples(result) != 1) fail("a customer is missing");
      record(elapsed, (uint64_t)PQgetlength(result, 0, 0));
      break;
    case PGRES_COMMAND_OK:
      break;
    case PGRES_PIPELINE_SYNC:
      if (settings.work == WORK_GET) break;
      for (int calls = mode == EACH ? 1 : settings.depth; calls > 0; calls--) record(elapsed, 0);
      break;
    default:
      fail("PostgreSQL: %s", PQresultErrorMessage(result));
  }
}

static void receive(struct connection *connection) {
  check(connection, PQconsumeInput(connection->session));
  check(connection, PQflush(connection->session) >= 0);
  while (connection->waiting > 0 && !PQisBusy(connection->session)) {
    PGresult *result = PQgetResult(connection->session);  // NULL behind those of a statement
    if (result) take(connection, result);
    PQclear(result);
  }
  if (connection->waiting == 0) ask(connection);
}

static void run_until(int poller, uint64_t end) {
  struct epoll_event events[256];
  while (now_ns() < end) {
    int count = epoll_wait(poller, events, 256, 5000);
    if (count == 0) fail("no answer for 5 s");
    for (int i = 0; i < count; i++) receive(events[i].data.ptr);
  }
}

static enum mode mode_named(const char *name) {
  if (!strcmp(name, "each")) return EACH;
  if (!strcmp(name, "pipelined")) return PIPELINED;
  if (!strcmp(name, "rows")) return ROWS;
  fail("protocol=%s: expected each, pipelined or rows", name);
}

int main(int count, char **arguments) {
  settings = settings_from(count, arguments);
  mode = mode_named(settings.protocol);
  if (settings.depth > MAXIMUM_DEPTH) fail("depth=%d: at most %d", settings.depth, MAXIMUM_DEPTH);
  int poller = epoll_create1(0);
  struct connection *connections = calloc((size_t)settings.connections, sizeof *connections);
  for (int i = 0; i < settings.connections; i++) {
    struct connection *connection = &connections[i];
    open_connection(connection);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, PQsocket(connection->session), &event))
      fail("epoll_ctl: %m");
  }
  for (int i = 0; i < settings.connections; i++) ask(&connections[i]);
  run_until(poller, now_ns() + (uint64_t)(settings.warmup * 1e9));
  measurement_begin(&settings);
  run_until(poller, now_ns() + (uint64_t)(settings.seconds * 1e9));
  measurement_print(&settings);
  return 0;
}
