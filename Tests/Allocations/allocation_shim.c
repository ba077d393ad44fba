// Counts the allocations of a process, so that a test can bound them for a call.
//
//   cc -O2 -fPIC -shared -o allocation_shim.so allocation_shim.c
//   ALLOCATION_SHIM_FILE=/tmp/count LD_PRELOAD=./allocation_shim.so patrond --data data
//
// The file must exist. It is mapped, and its first eight bytes are the current count in the
// machine's byte order; a reader needs no word with the process. Every call that returns new memory
// counts, and every realloc, even in place, because the caller cannot know. Calls of free and mmap
// do not count.
//
// The memory comes from glibc's own functions under their second names: a look-up by dlsym would
// allocate. Other C libraries have no such names.

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

// The count until the file is mapped.
static _Atomic uint64_t early;
static _Atomic uint64_t *count = &early;

static void note(void) { atomic_fetch_add_explicit(count, 1, memory_order_relaxed); }

// Runs before main, while the process has one thread. Programs that the process starts count
// nothing: they would count into the same file.
__attribute__((constructor)) static void map_count(void) {
  const char *path = getenv("ALLOCATION_SHIM_FILE");
  if (path == NULL) return;
  int descriptor = open(path, O_RDWR | O_CLOEXEC);
  if (descriptor < 0 || ftruncate(descriptor, sizeof *count) != 0) {
    perror(path);
    _exit(70);
  }
  void *map = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (map == MAP_FAILED) {
    perror(path);
    _exit(70);
  }
  close(descriptor);
  unsetenv("ALLOCATION_SHIM_FILE");
  count = map;
}

void *malloc(size_t size) {
  note();
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  note();
  return __libc_calloc(number, size);
}

void *realloc(void *old, size_t size) {
  note();
  return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size) {
  note();
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  note();
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
  if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) {
    return EINVAL;
  }
  note();
  void *memory = __libc_memalign(alignment, size);
  if (memory == NULL) return ENOMEM;
  *result = memory;
  return 0;
}
