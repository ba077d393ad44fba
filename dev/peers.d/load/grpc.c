// gRPC over HTTP/2 without TLS: as much of it as unary calls of short messages need. The headers of
// the first call go into the server's table (HPACK), so that later calls name them by a byte each,
// as ordinary clients do.
#include <string.h>

#include "connection.h"

enum { HEADER = 9 };
enum { DATA = 0, HEADERS = 1, RESET = 3, SETTINGS = 4, PING = 6, GOAWAY = 7, WINDOW = 8 };
enum { END_STREAM = 1, ACKNOWLEDGED = 1, END_HEADERS = 4, PADDED = 8 };
enum { DEFAULT_WINDOW = 65535, MAXIMUM_WINDOW = 0x7fffffff, DEFAULT_TABLE = 4096 };

static void put_frame(struct connection *connection, int type, int flags, uint32_t stream,
                      const void *data, size_t size) {
  uint8_t header[HEADER];
  put_big_endian(header, (uint32_t)size, 3);
  header[3] = (uint8_t)type;
  header[4] = (uint8_t)flags;
  put_big_endian(header + 5, stream, 4);
  put(connection, header, HEADER);
  put(connection, data, size);
}

static void put_window(struct connection *connection, uint32_t bytes) {
  uint8_t data[4];
  put_big_endian(data, bytes, 4);
  put_frame(connection, WINDOW, 0, 0, data, sizeof data);
}

static void open(struct connection *connection) {
  const char *preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  put(connection, preface, strlen(preface));
  uint8_t wishes[12], *out = wishes;
  out = put_big_endian(out, 2, 2);  // no pushes
  out = put_big_endian(out, 0, 4);
  out = put_big_endian(out, 4, 2);  // the window of a stream
  put_big_endian(out, MAXIMUM_WINDOW, 4);
  put_frame(connection, SETTINGS, 0, 0, wishes, sizeof wishes);
  put_window(connection, MAXIMUM_WINDOW - DEFAULT_WINDOW);
  connection->send_window = DEFAULT_WINDOW;
}

static uint8_t *put_text(uint8_t *out, const char *text) {
  size_t size = strlen(text);
  *out++ = (uint8_t)size;  // below 127 and without Huffman's code
  memcpy(out, text, size);
  return out + size;
}

static void put_headers(struct connection *connection, uint32_t stream) {
  // 0x40 | N: a text for the static name N, which the server's table keeps from now on.
  static const uint8_t known[] = {0x83, 0x86, 0x80 | 65, 0x80 | 64, 0x80 | 63, 0x80 | 62};
  if (connection->has_headers) {
    put_frame(connection, HEADERS, END_HEADERS, stream, known, sizeof known);
    return;
  }
  uint8_t block[256], *out = block;
  *out++ = 0x83;      // :method POST
  *out++ = 0x86;      // :scheme http
  *out++ = 0x40 | 4;  // :path, 65 later
  out = put_text(out, "/patron.v1.CustomerService/GetCustomer");
  *out++ = 0x40 | 1;  // :authority, 64 later
  out = put_text(out, settings.address);
  *out++ = 0x40 | 31;  // content-type, 63 later
  out = put_text(out, "application/grpc");
  *out++ = 0x40;  // te, 62 later
  out = put_text(out, "te");
  out = put_text(out, "trailers");
  put_frame(connection, HEADERS, END_HEADERS, stream, block, (size_t)(out - block));
  connection->has_headers = true;
}

static void ask(struct connection *connection, struct call *call) {
  if (settings.work != WORK_GET) fail("the gRPC server answers GetCustomer only");
  uint8_t data[5 + MESSAGE_CAPACITY];
  size_t size = next_message(&settings, call->key, call->key_size, data + 5);
  data[0] = 0;  // not compressed
  put_big_endian(data + 1, (uint32_t)size, 4);
  put_headers(connection, call->id);
  put_frame(connection, DATA, END_STREAM, call->id, data, 5 + size);
  connection->send_window -= (int64_t)(5 + size);
  // The server returns bytes long before its window is used up by calls of some 20 bytes.
  if (connection->send_window < 0) fail("the window of the server is too small");
}

static void take_settings(const uint8_t *data, size_t size) {
  for (size_t i = 0; i + 6 <= size; i += 6) {
    uint32_t value = big_endian(data + i + 2, 4);
    if (big_endian(data + i, 2) == 1 && value < DEFAULT_TABLE)
      fail("the server's table of headers is too small: %u", value);
  }
}

static void take_stream(struct connection *connection, int type, int flags, uint32_t stream,
                        const uint8_t *data, size_t size) {
  if (type == DATA) {
    if (flags & PADDED) fail("the server sent padding");
    if (size > 5) note_answer(call_of(connection, stream), data + 5, size - 5);
    connection->received_bytes += size;
    if (connection->received_bytes > MAXIMUM_WINDOW / 2) {
      put_window(connection, (uint32_t)connection->received_bytes);
      connection->received_bytes = 0;
    }
  }
  // An error has no message, so its answer is not of the customer asked for.
  if (type == RESET) finish(call_of(connection, stream), false);
  else if (flags & END_STREAM) finish(call_of(connection, stream), true);
}

static void take_frame(struct connection *connection, int type, int flags, uint32_t stream,
                       const uint8_t *data, size_t size) {
  switch (type) {
    case DATA:
    case HEADERS:
    case RESET:
      take_stream(connection, type, flags, stream, data, size);
      break;
    case SETTINGS:
      if (flags & ACKNOWLEDGED) break;
      take_settings(data, size);
      put_frame(connection, SETTINGS, ACKNOWLEDGED, 0, "", 0);
      break;
    case PING:  // the server's measurement of the window that it needs
      if (!(flags & ACKNOWLEDGED)) put_frame(connection, PING, ACKNOWLEDGED, 0, data, size);
      break;
    case GOAWAY:
      fail("the server ends the connection: error %u", big_endian(data + 4, 4));
    case WINDOW:
      if (stream == 0) connection->send_window += big_endian(data, 4);
      break;
    default:
      break;
  }
}

static size_t take(struct connection *connection, const uint8_t *data, size_t size) {
  size_t taken = 0;
  while (size - taken >= HEADER) {
    const uint8_t *frame = data + taken;
    size_t length = big_endian(frame, 3);
    if (size - taken < HEADER + length) break;
    take_frame(connection, frame[3], frame[4], big_endian(frame + 5, 4) & MAXIMUM_WINDOW,
               frame + HEADER, length);
    taken += HEADER + length;
  }
  return taken;
}

const struct protocol grpc_protocol = {.open = open, .ask = ask, .take = take};
