// A connection with its calls in flight, and the protocols that it can speak.
#ifndef PEERS_CONNECTION_H
#define PEERS_CONNECTION_H

#include "settings.h"

struct call {
  uint32_t id;  // odd; 0 is a free place
  uint8_t key_size;
  bool right;  // the answer is that of the customer asked for
  char key[KEY_CAPACITY];
  uint64_t begun;
  uint64_t answer_bytes;
};

struct connection {
  int descriptor;
  bool waits_to_write;
  uint32_t next_id;
  uint32_t answered_id;  // of the last answer, for protocols that answer in order
  struct call *calls;    // as many as the depth
  uint8_t *input, *output;
  size_t input_size, output_size;
  int64_t send_window;      // HTTP/2: bytes that the server takes
  uint64_t received_bytes;  // HTTP/2: since the last WINDOW_UPDATE
  bool has_headers;         // HTTP/2: the server's table has the headers of a call
};

enum { BUFFER_CAPACITY = 512 << 10 };

struct protocol {
  // Appends what begins a connection, if anything does.
  void (*open)(struct connection *);
  // Appends a call.
  void (*ask)(struct connection *, struct call *);
  // Takes complete frames from the input and returns the number of bytes taken.
  size_t (*take)(struct connection *, const uint8_t *data, size_t size);
};
extern const struct protocol ttrpc_protocol, grpc_protocol, redis_protocol;

extern struct settings settings;

// Appends bytes to the output.
void put(struct connection *connection, const void *data, size_t size);
// Returns the call in flight with this id.
struct call *call_of(struct connection *connection, uint32_t id);
// Notes the bytes of an answer, and if they belong to the customer asked for.
void note_answer(struct call *call, const uint8_t *data, size_t size);
// Ends a call; `succeeded` is false if the server answered with an error.
void finish(struct call *call, bool succeeded);

static inline uint32_t big_endian(const uint8_t *bytes, int count) {
  uint32_t value = 0;
  for (int i = 0; i < count; i++) value = value << 8 | bytes[i];
  return value;
}

static inline uint8_t *put_big_endian(uint8_t *out, uint32_t value, int count) {
  for (int i = count - 1; i >= 0; i--) *out++ = (uint8_t)(value >> (8 * i));
  return out;
}

#endif
