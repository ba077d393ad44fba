// Latencies, and who used the processors meanwhile.
#ifndef PEERS_MEASURE_H
#define PEERS_MEASURE_H

#include <stdint.h>

#include "settings.h"

uint64_t now_ns(void);

// Forgets what was recorded, and begins the measurement of the server's and the machine's
// processor time.
void measurement_begin(const struct settings *settings);

// Adds an answered call.
void record(uint64_t nanoseconds, uint64_t answer_bytes);

// Prints one line of JSON: rate, percentiles in microseconds, the server's processor time for each
// answer, the share of a core that this process took, and the share of the machine that something
// else took.
void measurement_print(const struct settings *settings);

#endif
