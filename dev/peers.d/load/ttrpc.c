// ttrpc, as docs/protocol.md has it: unary calls only.
#include <string.h>

#include "connection.h"

enum { HEADER = 10, REQUEST = 1, RESPONSE = 2 };

static void ask(struct connection *connection, struct call *call) {
  const char *service = "patron.v1.CustomerService";
  const char *method = settings.work == WORK_GET ? "GetCustomer" : "UpsertCustomer";
  uint8_t frame[HEADER + 64 + MESSAGE_CAPACITY], *out = frame + HEADER;
  size_t service_size = strlen(service), method_size = strlen(method);
  *out++ = 1 << 3 | 2;
  *out++ = (uint8_t)service_size;
  memcpy(out, service, service_size);
  out += service_size;
  *out++ = 2 << 3 | 2;
  *out++ = (uint8_t)method_size;
  memcpy(out, method, method_size);
  out += method_size;
  *out++ = 3 << 3 | 2;
  size_t size = next_message(&settings, call->key, call->key_size, out + 1);
  *out++ = (uint8_t)size;  // requests are shorter than 128 bytes
  out += size;
  put_big_endian(frame, (uint32_t)(out - frame - HEADER), 4);
  put_big_endian(frame + 4, call->id, 4);
  frame[8] = REQUEST;
  frame[9] = 0;
  put(connection, frame, (size_t)(out - frame));
}

// Returns false if the envelope begins with a status whose code is not 0.
static bool succeeded(const uint8_t *data, size_t size) {
  bool has_status = size > 2 && data[0] == (1 << 3 | 2) && data[1] > 1;
  return !has_status || data[2] != 1 << 3 || data[3] == 0;
}

static size_t take(struct connection *connection, const uint8_t *data, size_t size) {
  size_t taken = 0;
  while (size - taken >= HEADER) {
    const uint8_t *frame = data + taken;
    size_t length = big_endian(frame, 4);
    if (size - taken < HEADER + length) break;
    if (frame[8] != RESPONSE) fail("the server sent a frame of type %d", frame[8]);
    struct call *call = call_of(connection, big_endian(frame + 4, 4));
    note_answer(call, frame + HEADER, length);
    finish(call, succeeded(frame + HEADER, length));
    taken += HEADER + length;
  }
  return taken;
}

const struct protocol ttrpc_protocol = {.ask = ask, .take = take};
