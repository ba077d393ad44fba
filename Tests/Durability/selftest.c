// Writes, syncs and renames in known steps, for `check` to compare the images with. Prints
// "STEP NANOSECONDS" after each step.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static void step(const char *name) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  printf("%s %lld\n", name, (long long)now.tv_sec * 1000000000 + now.tv_nsec);
}

static void must(int holds, const char *what) {
  if (holds) return;
  perror(what);
  exit(1);
}

int main(int count, char **arguments) {
  must(count == 2 && chdir(arguments[1]) == 0, "usage: selftest DIR");
  char block[2048];
  memset(block, 'a', sizeof block);

  int file = open("data", O_RDWR | O_CREAT, 0600);
  must(file >= 0, "open data");
  must(pwrite(file, block, 2048, 0) == 2048, "pwrite");
  step("written");
  must(fdatasync(file) == 0, "fdatasync");
  step("synced");
  memset(block, 'b', sizeof block);
  must(pwrite(file, block, 2048, 1024) == 2048, "pwrite again");
  step("overwritten");
  must(fsync(file) == 0, "fsync");
  step("synced-again");
  must(ftruncate(file, 100) == 0, "ftruncate");
  step("truncated");
  must(fsync(file) == 0, "fsync after ftruncate");
  step("truncation-synced");

  int temporary = open("new", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
  must(temporary >= 0, "open new");
  struct iovec parts[2] = {{"he", 2}, {"llo", 3}};
  must(writev(temporary, parts, 2) == 5, "writev");
  must(fsync(temporary) == 0 && close(temporary) == 0, "fsync new");
  must(rename("new", "data") == 0, "rename");
  step("renamed");
  int folder = open(".", O_RDONLY | O_DIRECTORY);
  must(folder >= 0 && fsync(folder) == 0, "fsync folder");
  step("rename-synced");
  must(unlink("old") == 0, "unlink");
  step("unlinked");
  must(fsync(folder) == 0, "fsync folder again");
  step("unlink-synced");
  return 0;
}
