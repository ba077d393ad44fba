#include "settings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fail(const char *format, ...) {
  va_list values;
  va_start(values, format);
  vfprintf(stderr, format, values);
  va_end(values);
  fputc('\n', stderr);
  exit(1);
}

static enum work work_named(const char *name) {
  if (!strcmp(name, "get")) return WORK_GET;
  if (!strcmp(name, "new")) return WORK_NEW;
  if (!strcmp(name, "existing")) return WORK_EXISTING;
  fail("work=%s: expected get, new or existing", name);
}

struct settings settings_from(int count, char **arguments) {
  struct settings found = {.connections = 1, .depth = 1, .customers = 1, .seconds = 1};
  for (int i = 1; i < count; i++) {
    char *value = strchr(arguments[i], '=');
    if (!value) fail("%s: expected NAME=VALUE", arguments[i]);
    *value++ = 0;
    const char *name = arguments[i];
    if (!strcmp(name, "address")) found.address = value;
    else if (!strcmp(name, "protocol")) found.protocol = value;
    else if (!strcmp(name, "work")) found.work = work_named(value);
    else if (!strcmp(name, "connections")) found.connections = atoi(value);
    else if (!strcmp(name, "depth")) found.depth = atoi(value);
    else if (!strcmp(name, "customers")) found.customers = atoi(value);
    else if (!strcmp(name, "run")) found.run = atoi(value);
    else if (!strcmp(name, "server")) found.server = atoi(value);
    else if (!strcmp(name, "any-answer")) found.any_answer = atoi(value);
    else if (!strcmp(name, "warmup")) found.warmup = atof(value);
    else if (!strcmp(name, "seconds")) found.seconds = atof(value);
    else fail("%s: there is no such setting", name);
  }
  if (!found.address || !found.protocol) fail("address and protocol are needed");
  if (found.connections < 1 || found.depth < 1 || found.customers < 1 || found.seconds <= 0)
    fail("connections, depth, customers and seconds begin at 1");
  return found;
}

// xorshift64: the order is the same in every run, and far cheaper than a call.
static uint64_t next_random(void) {
  static uint64_t state = 88172645463325252u;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

static uint64_t sequence;

size_t next_key(const struct settings *settings, char key[KEY_CAPACITY]) {
  sequence++;
  if (settings->work == WORK_NEW)
    return (size_t)snprintf(key, KEY_CAPACITY, "n%d-%09llu", settings->run,
                            (unsigned long long)sequence);
  uint64_t number = 1 + next_random() % (uint64_t)settings->customers;
  key[0] = 'g';
  for (int digit = 7; digit >= 1; digit--, number /= 10) key[digit] = (char)('0' + number % 10);
  key[8] = 0;
  return 8;
}

// Appends a field of protobuf's wire type 2 whose length is below 128.
static uint8_t *put_field(uint8_t *out, int number, const void *data, size_t size) {
  *out++ = (uint8_t)(number << 3 | 2);
  *out++ = (uint8_t)size;
  memcpy(out, data, size);
  return out + size;
}

size_t next_message(const struct settings *settings, const char *key, size_t size, uint8_t *out) {
  uint8_t inner[MESSAGE_CAPACITY], *end = inner;
  char text[64];
  size_t length;
  switch (settings->work) {
    case WORK_GET:  // CustomerRef: external_id
      end = put_field(end, 2, key, size);
      break;
    case WORK_NEW:  // CustomerInput: external_id, email, first_name
      end = put_field(end, 1, key, size);
      length = (size_t)snprintf(text, sizeof text, "%.*s@example.com", (int)size, key);
      end = put_field(end, 2, text, length);
      end = put_field(end, 4, "Ada", 3);
      break;
    case WORK_EXISTING:  // CustomerInput: external_id, last_name, which is another each time
      end = put_field(end, 1, key, size);
      length = (size_t)snprintf(text, sizeof text, "R%d %llu", settings->run,
                                (unsigned long long)sequence);
      end = put_field(end, 5, text, length);
      break;
  }
  return (size_t)(put_field(out, 2, inner, (size_t)(end - inner)) - out);
}
