// Settings of a run, given as NAME=VALUE arguments, and the customers that it asks for.
#ifndef PEERS_SETTINGS_H
#define PEERS_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum work { WORK_GET, WORK_NEW, WORK_EXISTING };

struct settings {
  const char *address;   // HOST:PORT
  const char *protocol;  // ttrpc, grpc or redis; each, pipelined or rows for PostgreSQL
  enum work work;
  int connections;
  int depth;         // calls in flight on each connection
  int customers;     // external ids g0000001 and up
  int run;           // begins the external ids of new customers, so that runs never share one
  int server;        // process id, for its processor time
  bool any_answer;   // the answer need not be that of the customer asked for
  double warmup;     // seconds before the measurement
  double seconds;    // of the measurement
};

#define KEY_CAPACITY 32

struct settings settings_from(int count, char **arguments);

// Writes the external id of the next customer and returns its length. Random for reads and for
// existing customers, from a fixed seed, else the next of a sequence.
size_t next_key(const struct settings *settings, char key[KEY_CAPACITY]);

// Writes the message of the next call, a GetCustomerRequest or an UpsertCustomerRequest, and
// returns its length, at most MESSAGE_CAPACITY.
#define MESSAGE_CAPACITY 256
size_t next_message(const struct settings *settings, const char *key, size_t size, uint8_t *out);

// Prints the reason and ends the program with status 1.
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
