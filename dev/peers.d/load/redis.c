// Redis' protocol: GET of a customer, or SET of a record that is as long as a customer's.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connection.h"

enum { RECORD_SIZE = 270 };

static void ask(struct connection *connection, struct call *call) {
  char text[128 + RECORD_SIZE];
  int key_size = call->key_size;
  int size;
  if (settings.work == WORK_GET) {
    size = snprintf(text, sizeof text, "*2\r\n$3\r\nGET\r\n$%d\r\n%.*s\r\n", key_size, key_size,
                    call->key);
  } else {
    size = snprintf(text, sizeof text, "*3\r\n$3\r\nSET\r\n$%d\r\n%.*s\r\n$%d\r\n%0*u\r\n",
                    key_size, key_size, call->key, RECORD_SIZE, RECORD_SIZE, call->id);
  }
  put(connection, text, (size_t)size);
}

// Answers come in the order of the calls and have no ids.
static struct call *next_call(struct connection *connection) {
  connection->answered_id = connection->answered_id ? connection->answered_id + 2 : 1;
  return call_of(connection, connection->answered_id);
}

static size_t take(struct connection *connection, const uint8_t *data, size_t size) {
  size_t taken = 0;
  for (;;) {
    const uint8_t *reply = data + taken;
    const uint8_t *end = memchr(reply, '\n', size - taken);
    if (!end) break;
    size_t line = (size_t)(end + 1 - reply);
    if (reply[0] != '$') {  // +OK, or -ERR and a reason
      struct call *call = next_call(connection);
      call->right = reply[0] == '+';
      finish(call, call->right);
      taken += line;
      continue;
    }
    long length = strtol((const char *)reply + 1, NULL, 10);
    size_t whole = line + (length < 0 ? 0 : (size_t)length + 2);
    if (size - taken < whole) break;
    struct call *call = next_call(connection);
    if (length >= 0) note_answer(call, reply + line, (size_t)length);
    finish(call, length >= 0);
    taken += whole;
  }
  return taken;
}

const struct protocol redis_protocol = {.ask = ask, .take = take};
