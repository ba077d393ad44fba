#include "measure.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

// 64 buckets for each power of two: a percentile is wrong by at most 1.6 %.
enum { PRECISION = 6, BUCKETS = 48 << PRECISION };

static uint64_t buckets[BUCKETS], answers, bytes, begun;

struct processors {
  double all, own, server;  // seconds
};
static struct processors at_begin;

uint64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

void record(uint64_t nanoseconds, uint64_t answer_bytes) {
  uint64_t value = nanoseconds | 1;
  int power = 63 - __builtin_clzll(value);
  uint64_t bucket = value;
  if (power > PRECISION)
    bucket = ((uint64_t)(power - PRECISION) << PRECISION) + (value >> (power - PRECISION));
  buckets[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
  answers++;
  bytes += answer_bytes;
}

// Returns microseconds: the middle of the bucket of a share of the answers.
static double percentile(double share) {
  uint64_t wanted = (uint64_t)(share * (double)answers), seen = 0;
  uint64_t bucket = 0;
  while (bucket + 1 < BUCKETS && (seen += buckets[bucket]) <= wanted) bucket++;
  if (bucket < 2u << PRECISION) return (double)bucket / 1e3;
  uint64_t power = (bucket >> PRECISION) - 1;
  uint64_t lowest = ((bucket & ((1u << PRECISION) - 1)) + (1u << PRECISION)) << power;
  return ((double)lowest + (double)((uint64_t)1 << power) / 2) / 1e3;
}

// Adds the processor time of a process, if it is the wanted one or a child of it. PostgreSQL has a
// process for each connection.
static double seconds_of(int process, int wanted) {
  char path[64], text[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", process);
  FILE *file = fopen(path, "r");
  if (!file) return 0;
  size_t size = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  text[size] = 0;
  const char *rest = strrchr(text, ')');
  int parent;
  unsigned long user, system;
  if (!rest || sscanf(rest + 2, "%*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &parent,
                      &user, &system) != 3)
    return 0;
  if (process != wanted && parent != wanted) return 0;
  return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static double server_seconds(int wanted) {
  double sum = 0;
  DIR *folder = opendir("/proc");
  for (struct dirent *entry; folder && (entry = readdir(folder));) {
    int process = atoi(entry->d_name);
    if (process > 0) sum += seconds_of(process, wanted);
  }
  if (folder) closedir(folder);
  return sum;
}

// Interrupts count: the kernel charges those of loopback to the process that they interrupt, unless
// it accounts for interrupts apart, and then more rounds are discarded than need be. Stolen time is
// something else's.
static double machine_seconds(void) {
  unsigned long user, nice, system, idle, wait, interrupts, soft, stolen;
  FILE *file = fopen("/proc/stat", "r");
  if (!file || fscanf(file, "cpu %lu %lu %lu %lu %lu %lu %lu %lu", &user, &nice, &system, &idle,
                      &wait, &interrupts, &soft, &stolen) != 8)
    fail("/proc/stat cannot be read");
  fclose(file);
  return (double)(user + nice + system + interrupts + soft + stolen) /
         (double)sysconf(_SC_CLK_TCK);
}

static double own_seconds(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static struct processors processors_now(const struct settings *settings) {
  return (struct processors){.all = machine_seconds(),
                             .own = own_seconds(),
                             .server = settings->server ? server_seconds(settings->server) : 0};
}

void measurement_begin(const struct settings *settings) {
  memset(buckets, 0, sizeof buckets);
  answers = bytes = 0;
  at_begin = processors_now(settings);
  begun = now_ns();
}

void measurement_print(const struct settings *settings) {
  double seconds = (double)(now_ns() - begun) / 1e9;
  struct processors end = processors_now(settings);
  if (!answers) fail("no call was answered in %.1f s", seconds);
  double own = end.own - at_begin.own, server = end.server - at_begin.server;
  double other = end.all - at_begin.all - own - server;
  if (other < 0) other = 0;  // ticks are 10 ms
  printf(
      "{\"rate\": %.1f, \"p50\": %.1f, \"p99\": %.1f, \"p999\": %.1f, \"answers\": %llu, "
      "\"answer_bytes\": %.1f, \"server_us\": %.3f, \"generator\": %.3f, \"foreign\": %.4f}\n",
      (double)answers / seconds, percentile(0.5), percentile(0.99), percentile(0.999),
      (unsigned long long)answers, (double)bytes / (double)answers,
      1e6 * server / (double)answers, own / seconds,
      other / seconds / (double)sysconf(_SC_NPROCESSORS_ONLN));
}
