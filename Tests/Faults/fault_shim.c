// Fails one system call, or all from one on, that changes files below one directory, so that a test
// can try every point of a scenario.
//
//   cc -O2 -fPIC -shared -pthread -o fault_shim.so fault_shim.c
//   FAULT_DIR=/data FAULT_AT=17 FAULT_ERRNO=EIO LD_PRELOAD=./fault_shim.so patrond --data /data
//
//   FAULT_DIR    the directory; without it nothing fails and nothing is counted
//   FAULT_AT     the number of the call that fails, from 1; 0 or nothing: none, calls are counted
//   FAULT_ERRNO  EIO (the default), ENOSPC, EROFS, EDQUOT, EMFILE or EINTR
//   FAULT_STICKY 1: all calls from FAULT_AT on fail
//   FAULT_KINDS  letters of the calls that count: w write, s sync, o open for writing or creation,
//                t truncate and allocate, u unlink and rename (default: wsotu)
//   FAULT_LOG    a file that gets the number of calls, the letter and the path of the failed one,
//                and the name of each counted call if FAULT_TRACE is set
//
// Counted are write, pwrite, writev, pwritev, fsync, fdatasync, open for writing, ftruncate,
// fallocate, unlink and rename. A failed call does nothing, except for pwrite: of more than 512
// bytes it stores the first half if FAULT_AT is even, as disks may. Memory maps are not seen:
// SQLite maps its -shm file only, which is rebuilt.
//
// The first process that opens something below the directory is the one whose calls count.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { max_descriptors = 65536, max_name = 256 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char directory[PATH_MAX];
static size_t directory_length;
static long fault_at, counted;
static int fault_errno = EIO;
static bool sticky, trace;
static char kinds[16] = "wsotu";
static int log_descriptor = -1;
// The name below the directory of each descriptor of ours, or NULL.
static char *names[max_descriptors];

static void die(const char *what) {
  dprintf(STDERR_FILENO, "fault_shim: %s: %s\n", what, strerror(errno));
  _exit(97);
}

static void note(const char *text) {
  if (log_descriptor < 0) return;
  size_t length = strlen(text);
  if (syscall(SYS_write, log_descriptor, text, length) != (long)length) die("FAULT_LOG");
}

static int number_of_error(const char *name) {
  static const struct {
    const char *name;
    int number;
  } errors[] = {{"EIO", EIO},       {"ENOSPC", ENOSPC}, {"EROFS", EROFS},
                {"EDQUOT", EDQUOT}, {"EMFILE", EMFILE}, {"EINTR", EINTR}};
  for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
    if (strcmp(errors[i].name, name) == 0) return errors[i].number;
  }
  errno = EINVAL;
  die("FAULT_ERRNO");
  return 0;
}

__attribute__((constructor)) static void begin(void) {
  const char *wanted = getenv("FAULT_DIR"), *text;
  if (wanted == NULL) return;
  if (realpath(wanted, directory) == NULL) die("FAULT_DIR");
  directory_length = strlen(directory);
  if ((text = getenv("FAULT_AT")) != NULL) fault_at = atol(text);
  if ((text = getenv("FAULT_ERRNO")) != NULL) fault_errno = number_of_error(text);
  if ((text = getenv("FAULT_STICKY")) != NULL) sticky = strcmp(text, "1") == 0;
  if ((text = getenv("FAULT_KINDS")) != NULL) snprintf(kinds, sizeof kinds, "%s", text);
  trace = getenv("FAULT_TRACE") != NULL;
}

__attribute__((destructor)) static void end(void) {
  char line[64];
  snprintf(line, sizeof line, "calls %ld\n", counted);
  note(line);
}

// Takes the log when something is counted for the first time, so that a shell in front of the
// program does not. Called under the mutex.
static bool takes_part(void) {
  static int state = 0;
  if (state == 0) {
    const char *log = getenv("FAULT_LOG");
    int flags = O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC;
    if (log != NULL) log_descriptor = (int)syscall(SYS_openat, AT_FDCWD, log, flags, 0600);
    state = log == NULL || log_descriptor >= 0 ? 1 : -1;
  }
  return state > 0;
}

// Counts a call, and returns true if it is to fail.
static bool fails(char kind, const char *name) {
  if (strchr(kinds, kind) == NULL) return false;
  pthread_mutex_lock(&lock);
  bool hit = false;
  if (takes_part()) {
    counted++;
    hit = fault_at > 0 && (counted == fault_at || (sticky && counted > fault_at));
    if (trace || counted == fault_at) {
      char line[max_name + 64];
      const char *word = hit ? "failed" : "call";
      snprintf(line, sizeof line, "%s %ld %c %.*s\n", word, counted, kind, max_name, name);
      note(line);
    }
  }
  pthread_mutex_unlock(&lock);
  if (hit) errno = fault_errno;
  return hit;
}

// The part of an absolute path below the directory, or NULL where it is elsewhere.
static const char *below(const char *path) {
  if (directory_length == 0 || strncmp(path, directory, directory_length) != 0) return NULL;
  if (path[directory_length] == 0) return "";
  return path[directory_length] == '/' ? path + directory_length + 1 : NULL;
}

// Resolves the folder of a path, not its last component, which need not exist.
static const char *resolve(const char *path, char out[PATH_MAX]) {
  char copy[PATH_MAX], folder[PATH_MAX];
  if (directory_length == 0 || strlen(path) >= sizeof copy) return NULL;
  strcpy(copy, path);
  char *slash = strrchr(copy, '/');
  const char *name = slash == NULL ? copy : slash + 1;
  if (*name == 0 || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
    return realpath(path, out) == NULL ? NULL : below(out);
  }
  const char *parent = slash == NULL ? "." : slash == copy ? "/" : copy;
  if (slash != NULL) *slash = 0;
  if (realpath(parent, folder) == NULL) return NULL;
  if (snprintf(out, PATH_MAX, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, name) >= PATH_MAX) {
    return NULL;
  }
  return below(out);
}

static void remember(int descriptor, const char *name) {
  if (descriptor < 0) return;
  if (descriptor >= max_descriptors) die("a descriptor beyond the shim's table");
  char *copy = name == NULL ? NULL : strdup(name);
  free(__atomic_exchange_n(&names[descriptor], copy, __ATOMIC_ACQ_REL));
}

static const char *ours(int descriptor) {
  if (descriptor < 0 || descriptor >= max_descriptors) return NULL;
  return __atomic_load_n(&names[descriptor], __ATOMIC_ACQUIRE);
}

static int shim_open(int base, const char *path, int flags, mode_t mode) {
  char absolute[PATH_MAX];
  const char *name = NULL;
  bool named = (flags & O_TMPFILE) != O_TMPFILE && (base == AT_FDCWD || path[0] == '/');
  if (named) name = resolve(path, absolute);
  bool changes = (flags & (O_ACCMODE | O_CREAT | O_TRUNC)) != O_RDONLY;
  if (name != NULL && changes && fails('o', name)) return -1;
  int descriptor = (int)syscall(SYS_openat, base, path, flags, mode);
  int error = errno;
  if (directory_length > 0) remember(descriptor, name);
  errno = error;
  return descriptor;
}

static mode_t mode_argument(int flags, va_list arguments) {
  bool given = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
  return given ? va_arg(arguments, mode_t) : 0;
}

#define DEFINE_OPEN(NAME)                          \
  int NAME(const char *path, int flags, ...) {     \
    va_list arguments;                             \
    va_start(arguments, flags);                    \
    mode_t mode = mode_argument(flags, arguments); \
    va_end(arguments);                             \
    return shim_open(AT_FDCWD, path, flags, mode); \
  }
#define DEFINE_OPENAT(NAME)                              \
  int NAME(int base, const char *path, int flags, ...) { \
    va_list arguments;                                   \
    va_start(arguments, flags);                          \
    mode_t mode = mode_argument(flags, arguments);       \
    va_end(arguments);                                   \
    return shim_open(base, path, flags, mode);           \
  }
DEFINE_OPEN(open)
DEFINE_OPEN(open64)
DEFINE_OPENAT(openat)
DEFINE_OPENAT(openat64)

int creat(const char *path, mode_t mode) {
  return shim_open(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}
int creat64(const char *path, mode_t mode) { return creat(path, mode); }

int close(int descriptor) {
  if (ours(descriptor) != NULL) remember(descriptor, NULL);
  return (int)syscall(SYS_close, descriptor);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
  const char *name = ours(descriptor);
  if (name != NULL && fails('w', name)) {
    // Half of the failed writes leave a part behind.
    if (count > 512 && fault_at % 2 == 0) {
      int error = errno;
      if (syscall(SYS_pwrite64, descriptor, bytes, count / 2, offset) < 0) errno = error;
      errno = error;
    }
    return -1;
  }
  return syscall(SYS_pwrite64, descriptor, bytes, count, offset);
}
ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset) {
  return pwrite(descriptor, bytes, count, offset);
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
  const char *name = ours(descriptor);
  if (name != NULL && fails('w', name)) return -1;
  return syscall(SYS_write, descriptor, bytes, count);
}

ssize_t writev(int descriptor, const struct iovec *vectors, int count) {
  const char *name = ours(descriptor);
  if (name != NULL && fails('w', name)) return -1;
  return syscall(SYS_writev, descriptor, vectors, count);
}

ssize_t pwritev(int descriptor, const struct iovec *vectors, int count, off_t offset) {
  ssize_t total = 0;
  for (int i = 0; i < count; i++) {
    ssize_t written = pwrite(descriptor, vectors[i].iov_base, vectors[i].iov_len, offset + total);
    if (written < 0) return total > 0 ? total : -1;
    total += written;
    if ((size_t)written < vectors[i].iov_len) break;
  }
  return total;
}
ssize_t pwritev64(int descriptor, const struct iovec *vectors, int count, off64_t offset) {
  return pwritev(descriptor, vectors, count, offset);
}

static int shim_sync(int descriptor, long call) {
  const char *name = ours(descriptor);
  if (name != NULL && fails('s', name)) return -1;
  return (int)syscall(call, descriptor);
}
int fsync(int descriptor) { return shim_sync(descriptor, SYS_fsync); }
int fdatasync(int descriptor) { return shim_sync(descriptor, SYS_fdatasync); }

int ftruncate(int descriptor, off_t length) {
  const char *name = ours(descriptor);
  if (name != NULL && fails('t', name)) return -1;
  return (int)syscall(SYS_ftruncate, descriptor, length);
}
int ftruncate64(int descriptor, off64_t length) { return ftruncate(descriptor, length); }

int fallocate(int descriptor, int mode, off_t offset, off_t length) {
  const char *name = ours(descriptor);
  if (name != NULL && fails('t', name)) return -1;
  return (int)syscall(SYS_fallocate, descriptor, mode, offset, length);
}
int fallocate64(int descriptor, int mode, off64_t offset, off64_t length) {
  return fallocate(descriptor, mode, offset, length);
}
int posix_fallocate(int descriptor, off_t offset, off_t length) {
  return fallocate(descriptor, 0, offset, length) == 0 ? 0 : errno;
}
int posix_fallocate64(int descriptor, off64_t offset, off64_t length) {
  return posix_fallocate(descriptor, offset, length);
}

static int shim_unlink(int base, const char *path, int flags) {
  char absolute[PATH_MAX];
  const char *name = NULL;
  if (base == AT_FDCWD || path[0] == '/') name = resolve(path, absolute);
  if (name != NULL && fails('u', name)) return -1;
  return (int)syscall(SYS_unlinkat, base, path, flags);
}
int unlink(const char *path) { return shim_unlink(AT_FDCWD, path, 0); }
int unlinkat(int base, const char *path, int flags) { return shim_unlink(base, path, flags); }

int renameat2(int old_base, const char *from, int new_base, const char *to, unsigned int flags) {
  char absolute[PATH_MAX];
  const char *name = NULL;
  if (new_base == AT_FDCWD || to[0] == '/') name = resolve(to, absolute);
  if (name != NULL && fails('u', name)) return -1;
  return (int)syscall(SYS_renameat2, old_base, from, new_base, to, flags);
}
int renameat(int old_base, const char *from, int new_base, const char *to) {
  return renameat2(old_base, from, new_base, to, 0);
}
int rename(const char *from, const char *to) {
  return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}
