// A closed loop of calls on one core, for servers that speak ttrpc, gRPC or Redis' protocol:
// every connection keeps `depth` calls in flight. Prints one line of JSON; see settings.h. A wrong
// answer, an error or 5 s without an answer ends it with status 1.
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connection.h"
#include "measure.h"

struct settings settings;
static const struct protocol *protocol;
static uint64_t now, wrong;
static int poller;

void put(struct connection *connection, const void *data, size_t size) {
  if (connection->output_size + size > BUFFER_CAPACITY) fail("the server does not read");
  memcpy(connection->output + connection->output_size, data, size);
  connection->output_size += size;
}

struct call *call_of(struct connection *connection, uint32_t id) {
  // Answers that come in order are found at once.
  uint32_t depth = (uint32_t)settings.depth, first = id / 2 % depth;
  for (uint32_t i = 0; i < depth; i++) {
    struct call *call = &connection->calls[(first + i) % depth];
    if (call->id == id) return call;
  }
  fail("the server answered call %u, which is not in flight", id);
}

void note_answer(struct call *call, const uint8_t *data, size_t size) {
  call->answer_bytes += size;
  // The external id is among the first fields.
  if (memmem(data, size < 96 ? size : 96, call->key, call->key_size)) call->right = true;
}

void finish(struct call *call, bool succeeded) {
  if (!succeeded || !(call->right || settings.any_answer)) wrong++;
  record(now - call->begun, call->answer_bytes);
  call->id = 0;
}

static void ask(struct connection *connection, struct call *call) {
  call->id = connection->next_id;
  connection->next_id += 2;
  call->key_size = (uint8_t)next_key(&settings, call->key);
  call->right = false;
  call->answer_bytes = 0;
  call->begun = now;
  protocol->ask(connection, call);
}

// Begins calls on all free places, at the place of the next id first.
static void fill(struct connection *connection) {
  uint32_t depth = (uint32_t)settings.depth, first = connection->next_id / 2 % depth;
  for (uint32_t i = 0; i < depth; i++) {
    struct call *call = &connection->calls[(first + i) % depth];
    if (call->id == 0) ask(connection, call);
  }
}

static void watch(struct connection *connection, int operation, bool writing) {
  struct epoll_event event = {.events = EPOLLIN | (writing ? EPOLLOUT : 0), .data.ptr = connection};
  if (epoll_ctl(poller, operation, connection->descriptor, &event)) fail("epoll_ctl: %m");
}

static void flush(struct connection *connection) {
  size_t sent = 0;
  while (sent < connection->output_size) {
    ssize_t count = send(connection->descriptor, connection->output + sent,
                         connection->output_size - sent, MSG_NOSIGNAL);
    if (count < 0 && errno == EAGAIN) break;
    if (count < 0) fail("send: %m");
    sent += (size_t)count;
  }
  connection->output_size -= sent;
  memmove(connection->output, connection->output + sent, connection->output_size);
  bool waits = connection->output_size > 0;
  if (waits != connection->waits_to_write) watch(connection, EPOLL_CTL_MOD, waits);
  connection->waits_to_write = waits;
}

static void receive(struct connection *connection) {
  ssize_t count = recv(connection->descriptor, connection->input + connection->input_size,
                       BUFFER_CAPACITY - connection->input_size, 0);
  if (count == 0) fail("the server closed a connection");
  if (count < 0 && errno == EAGAIN) return;
  if (count < 0) fail("recv: %m");
  now = now_ns();
  connection->input_size += (size_t)count;
  size_t taken = protocol->take(connection, connection->input, connection->input_size);
  connection->input_size -= taken;
  if (connection->input_size == BUFFER_CAPACITY) fail("a frame is too large");
  if (taken) memmove(connection->input, connection->input + taken, connection->input_size);
  fill(connection);
}

static void open_connection(struct connection *connection, const struct sockaddr_in *address) {
  int one = 1;
  connection->descriptor = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(connection->descriptor, (const struct sockaddr *)address, sizeof *address))
    fail("connect: %m");
  setsockopt(connection->descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  fcntl(connection->descriptor, F_SETFL, O_NONBLOCK);
  connection->calls = calloc((size_t)settings.depth, sizeof *connection->calls);
  connection->input = malloc(BUFFER_CAPACITY);
  connection->output = malloc(BUFFER_CAPACITY);
  connection->next_id = 1;
  watch(connection, EPOLL_CTL_ADD, false);
  if (protocol->open) protocol->open(connection);
}

static struct sockaddr_in parsed_address(const char *text) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  char host[64];
  unsigned port;
  if (sscanf(text, "%63[0-9.]:%u", host, &port) != 2 || !inet_aton(host, &address.sin_addr))
    fail("address=%s: expected an IPv4 address and a port", text);
  address.sin_port = htons((uint16_t)port);
  return address;
}

static const struct protocol *protocol_named(const char *name) {
  if (!strcmp(name, "ttrpc")) return &ttrpc_protocol;
  if (!strcmp(name, "grpc")) return &grpc_protocol;
  if (!strcmp(name, "redis")) return &redis_protocol;
  fail("protocol=%s: expected ttrpc, grpc or redis", name);
}

static void run_until(uint64_t end) {
  struct epoll_event events[256];
  while (now < end) {
    int count = epoll_wait(poller, events, 256, 5000);
    if (count == 0) fail("no answer for 5 s");
    if (count < 0 && errno != EINTR) fail("epoll_wait: %m");
    for (int i = 0; i < count; i++) {
      if (events[i].events & ~(uint32_t)EPOLLOUT) receive(events[i].data.ptr);
      flush(events[i].data.ptr);
    }
  }
}

int main(int count, char **arguments) {
  settings = settings_from(count, arguments);
  protocol = protocol_named(settings.protocol);
  struct sockaddr_in address = parsed_address(settings.address);
  poller = epoll_create1(0);
  struct connection *connections = calloc((size_t)settings.connections, sizeof *connections);
  for (int i = 0; i < settings.connections; i++) open_connection(&connections[i], &address);
  now = now_ns();
  uint64_t start = now + (uint64_t)(settings.warmup * 1e9);
  for (int i = 0; i < settings.connections; i++) {
    fill(&connections[i]);
    flush(&connections[i]);
  }
  run_until(start);
  measurement_begin(&settings);
  now = now_ns();
  run_until(now + (uint64_t)(settings.seconds * 1e9));
  measurement_print(&settings);
  if (wrong) fail("%llu answers were errors, or of another customer", (unsigned long long)wrong);
  return 0;
}
