// Records what a process writes and syncs below one directory, so that a test can build what a
// power cut would have left of it: a killed process keeps its page cache, a machine does not.
//
//   cc -O2 -fPIC -shared -pthread -o sync_shim.so sync_shim.c
//   SYNC_SHIM_DIR=/data SYNC_SHIM_LOG=/tmp/sync.log LD_PRELOAD=./sync_shim.so patrond --data /data
//
// The directory must exist, the log must not. images.py reads the log; its head describes the
// model of durability. One log belongs to one process, the first that opens something below the
// directory: another one finds the log taken, says so and records nothing.
//
// Every record is written under one mutex together with the operation that it describes, after
// the operation returned, so that the order of the log is the order of the operations and its
// times (CLOCK_MONOTONIC) never decrease. An fsync has two records: only what was written before
// the first is durable after the second. The real operations are made as system calls: nothing
// here depends on the order in which libraries are found.
//
// Not seen: writes through mmap (SQLite makes them to the -shm file only, which is left out:
// it is rebuilt) and through duplicated descriptors, which neither SQLite nor patrond makes of
// files; O_SYNC, sync() and syncfs(), without which a test is only stricter.

#define _GNU_SOURCE
#include <dirent.h>
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
#include <time.h>
#include <unistd.h>

// images.py has the same numbers.
enum type {
  RECORD_FILE = 1,        // payload: path below the directory; length: enum kind
  RECORD_WRITE = 2,       // offset, payload
  RECORD_TRUNCATE = 3,    // length: the new size
  RECORD_SYNC_BEGIN = 4,  //
  RECORD_SYNC_END = 5,    // offset: sequence number of its begin
  RECORD_UNLINK = 6,      //
  RECORD_RENAME = 7,      // payload: the new path
  RECORD_CONTENT = 8,     // payload: what the file held when it was first opened
  RECORD_RANGE_SYNC = 9,  // offset, length: sync_file_range, which makes nothing durable
  RECORD_EXTEND = 10,     // length: the size that the file now has at least
};

enum kind { KIND_EXISTED = 0, KIND_CREATED = 1, KIND_FOLDER = 2 };

struct record {
  uint64_t sequence;
  uint64_t nanoseconds;
  uint32_t type;
  uint32_t file;
  uint64_t offset;
  uint64_t length;
  uint64_t payload;
};

enum { max_files = 4096, max_descriptors = 65536 };

// A file from its creation to its removal; a later file of the same path is another one.
struct file {
  char *path;  // below the directory; "" is the directory itself; NULL once it was removed
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int log_descriptor = -1;
static char directory[PATH_MAX];
static size_t directory_length;
static uint64_t next_sequence = 1;
static struct file files[max_files];
static uint32_t file_count;
static uint32_t file_of_descriptor[max_descriptors];  // file number + 1; 0: not ours

static void die(const char *what) {
  dprintf(STDERR_FILENO, "sync_shim: %s: %s\n", what, strerror(errno));
  _exit(97);
}

static void log_bytes(const void *bytes, size_t count) {
  const char *at = bytes;
  while (count > 0) {
    long written = syscall(SYS_write, log_descriptor, at, count);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) die("the log cannot be written");
    at += written;
    count -= (size_t)written;
  }
}

static uint64_t log_record(
    enum type type, uint32_t file, uint64_t offset, uint64_t length, const void *payload,
    size_t payload_length) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  struct record record = {
      .sequence = next_sequence++,
      .nanoseconds = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec,
      .type = type,
      .file = file,
      .offset = offset,
      .length = length,
      .payload = payload_length,
  };
  log_bytes(&record, sizeof record);
  if (payload_length > 0) log_bytes(payload, payload_length);
  return record.sequence;
}

static bool watching(void) { return directory_length > 0; }

// The part of an absolute path below the directory, or NULL where it is elsewhere or left out.
static const char *below(const char *path) {
  if (strncmp(path, directory, directory_length) != 0) return NULL;
  if (path[directory_length] == 0) return "";
  if (path[directory_length] != '/') return NULL;
  const char *rest = path + directory_length + 1;
  size_t length = strlen(rest);
  if (length >= 4 && strcmp(rest + length - 4, "-shm") == 0) return NULL;
  return rest;
}

// Resolves the folder of a path, not its last component, which need not exist; a path that ends
// in no name is one of a folder, and is resolved whole.
static const char *resolve(const char *path, char out[PATH_MAX]) {
  char copy[PATH_MAX], folder[PATH_MAX];
  if (strlen(path) >= sizeof copy) return NULL;
  strcpy(copy, path);
  char *slash = strrchr(copy, '/');
  const char *name = slash == NULL ? copy : slash + 1;
  if (*name == 0 || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
    return realpath(path, out) == NULL ? NULL : below(out);
  }
  const char *parent = slash == NULL ? "." : slash == copy ? "/" : copy;
  if (slash != NULL) *slash = 0;
  if (realpath(parent, folder) == NULL) return NULL;
  if (strlen(folder) + strlen(name) + 2 > PATH_MAX) return NULL;
  strcpy(out, folder);
  if (strcmp(out, "/") != 0) strcat(out, "/");
  strcat(out, name);
  return below(out);
}

static uint32_t find_file(const char *path) {
  for (uint32_t i = 0; i < file_count; i++) {
    if (files[i].path != NULL && strcmp(files[i].path, path) == 0) return i + 1;
  }
  return 0;
}

static void log_content(int descriptor, uint32_t file) {
  char buffer[1 << 16];
  uint64_t offset = 0;
  for (;;) {
    long count = syscall(SYS_pread64, descriptor, buffer, sizeof buffer, offset);
    if (count <= 0) return;
    log_record(RECORD_CONTENT, file, offset, 0, buffer, (size_t)count);
    offset += (uint64_t)count;
  }
}

// Numbers a file that is met for the first time; what it held already counts as durable. Beside
// the files that are there at the start, only new ones and those of new folders come here.
static uint32_t add_file(const char *path, enum kind kind, const char *absolute) {
  if (file_count == max_files) die("more files than the shim has room for");
  uint32_t file = file_count++;
  files[file].path = strdup(path);
  log_record(RECORD_FILE, file, 0, kind, path, strlen(path));
  if (kind != KIND_EXISTED) return file + 1;
  int reader = (int)syscall(SYS_openat, AT_FDCWD, absolute, O_RDONLY | O_CLOEXEC, 0);
  if (reader >= 0) {
    log_content(reader, file);
    syscall(SYS_close, reader);
  }
  return file + 1;
}

// Notes everything that is there before the process does anything.
static void add_folder(const char *path, const char *absolute) {
  add_file(path, KIND_FOLDER, absolute);
  DIR *entries = opendir(absolute);
  if (entries == NULL) die(absolute);
  for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    char inner[PATH_MAX];
    if (snprintf(inner, sizeof inner, "%s/%s", absolute, entry->d_name) >= PATH_MAX) die("path");
    const char *name = below(inner);
    struct stat status;
    if (name == NULL || lstat(inner, &status) != 0) continue;
    if (S_ISDIR(status.st_mode)) add_folder(name, inner);
    if (S_ISREG(status.st_mode)) add_file(name, KIND_EXISTED, inner);
  }
  closedir(entries);
}

__attribute__((constructor)) static void find_directory(void) {
  const char *wanted = getenv("SYNC_SHIM_DIR");
  if (wanted == NULL || getenv("SYNC_SHIM_LOG") == NULL) return;
  if (realpath(wanted, directory) == NULL) die("SYNC_SHIM_DIR");
  directory_length = strlen(directory);
}

// Whether this process records. It takes the log when it first names a path below the directory,
// so that a shell or `env` in front of the program does not. Called under the mutex.
static bool begin(void) {
  static bool asked = false;
  if (asked) return log_descriptor >= 0;
  asked = true;
  const char *log = getenv("SYNC_SHIM_LOG");
  int flags = O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC;
  log_descriptor = (int)syscall(SYS_openat, AT_FDCWD, log, flags, 0600);
  if (log_descriptor >= 0) {
    add_folder("", directory);
    return true;
  }
  if (errno != EEXIST) die("SYNC_SHIM_LOG");
  dprintf(STDERR_FILENO, "sync_shim: %s exists: nothing is recorded\n", log);
  return false;
}

static int shim_open(int base, const char *path, int flags, mode_t mode) {
  char absolute[PATH_MAX];
  const char *name = NULL;
  bool named = (flags & O_TMPFILE) != O_TMPFILE && (base == AT_FDCWD || path[0] == '/');
  if (watching() && named) name = resolve(path, absolute);
  if (name == NULL) return (int)syscall(SYS_openat, base, path, flags, mode);
  pthread_mutex_lock(&lock);
  if (!begin()) {
    pthread_mutex_unlock(&lock);
    return (int)syscall(SYS_openat, base, path, flags, mode);
  }
  struct stat before;
  bool existed = stat(absolute, &before) == 0;
  uint32_t known = find_file(name);
  if (existed && known == 0 && (S_ISREG(before.st_mode) || S_ISDIR(before.st_mode))) {
    known = add_file(name, S_ISDIR(before.st_mode) ? KIND_FOLDER : KIND_EXISTED, absolute);
  }
  int descriptor = (int)syscall(SYS_openat, base, path, flags, mode);
  int error = errno;
  if (descriptor >= 0 && !existed) known = add_file(name, KIND_CREATED, absolute);
  if (descriptor >= 0 && known != 0) {
    if (existed && (flags & O_TRUNC) != 0) log_record(RECORD_TRUNCATE, known - 1, 0, 0, NULL, 0);
    if (descriptor >= max_descriptors) die("a descriptor beyond the shim's table");
    __atomic_store_n(&file_of_descriptor[descriptor], known, __ATOMIC_RELEASE);
  }
  pthread_mutex_unlock(&lock);
  errno = error;
  return descriptor;
}

static mode_t mode_argument(int flags, va_list arguments) {
  bool given = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
  return given ? va_arg(arguments, mode_t) : 0;
}

#define DEFINE_OPEN(NAME)                               \
  int NAME(const char *path, int flags, ...) {          \
    va_list arguments;                                  \
    va_start(arguments, flags);                         \
    mode_t mode = mode_argument(flags, arguments);      \
    va_end(arguments);                                  \
    return shim_open(AT_FDCWD, path, flags, mode);      \
  }
#define DEFINE_OPENAT(NAME)                             \
  int NAME(int base, const char *path, int flags, ...) { \
    va_list arguments;                                  \
    va_start(arguments, flags);                         \
    mode_t mode = mode_argument(flags, arguments);      \
    va_end(arguments);                                  \
    return shim_open(base, path, flags, mode);          \
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
  if (descriptor >= 0 && descriptor < max_descriptors) {
    __atomic_store_n(&file_of_descriptor[descriptor], 0, __ATOMIC_RELEASE);
  }
  return (int)syscall(SYS_close, descriptor);
}

// The file number + 1 of a descriptor, 0 where it is none of ours.
static uint32_t ours(int descriptor) {
  if (descriptor < 0 || descriptor >= max_descriptors) return 0;
  return __atomic_load_n(&file_of_descriptor[descriptor], __ATOMIC_ACQUIRE);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
  uint32_t file = ours(descriptor);
  if (file == 0) return syscall(SYS_pwrite64, descriptor, bytes, count, offset);
  pthread_mutex_lock(&lock);
  ssize_t written = syscall(SYS_pwrite64, descriptor, bytes, count, offset);
  int error = errno;
  if (written > 0) {
    log_record(RECORD_WRITE, file - 1, (uint64_t)offset, 0, bytes, (size_t)written);
  }
  pthread_mutex_unlock(&lock);
  errno = error;
  return written;
}
ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset) {
  return pwrite(descriptor, bytes, count, offset);
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
  uint32_t file = ours(descriptor);
  if (file == 0) return syscall(SYS_write, descriptor, bytes, count);
  pthread_mutex_lock(&lock);
  ssize_t written = syscall(SYS_write, descriptor, bytes, count);
  int error = errno;
  if (written > 0) {
    // Asked afterwards, because a descriptor that appends writes at the end.
    off_t end = syscall(SYS_lseek, descriptor, 0, SEEK_CUR);
    uint64_t offset = (uint64_t)end - (uint64_t)written;
    log_record(RECORD_WRITE, file - 1, offset, 0, bytes, (size_t)written);
  }
  pthread_mutex_unlock(&lock);
  errno = error;
  return written;
}

// Vectors are written one by one: a short count is a result that every caller must expect.
ssize_t writev(int descriptor, const struct iovec *vectors, int count) {
  if (ours(descriptor) == 0) return syscall(SYS_writev, descriptor, vectors, count);
  ssize_t total = 0;
  for (int i = 0; i < count; i++) {
    ssize_t written = write(descriptor, vectors[i].iov_base, vectors[i].iov_len);
    if (written < 0) return total > 0 ? total : -1;
    total += written;
    if ((size_t)written < vectors[i].iov_len) break;
  }
  return total;
}

ssize_t pwritev(int descriptor, const struct iovec *vectors, int count, off_t offset) {
  ssize_t total = 0;
  for (int i = 0; i < count; i++) {
    ssize_t written =
        pwrite(descriptor, vectors[i].iov_base, vectors[i].iov_len, offset + total);
    if (written < 0) return total > 0 ? total : -1;
    total += written;
    if ((size_t)written < vectors[i].iov_len) break;
  }
  return total;
}
ssize_t pwritev64(int descriptor, const struct iovec *vectors, int count, off64_t offset) {
  return pwritev(descriptor, vectors, count, offset);
}

int ftruncate(int descriptor, off_t length) {
  uint32_t file = ours(descriptor);
  if (file == 0) return (int)syscall(SYS_ftruncate, descriptor, length);
  pthread_mutex_lock(&lock);
  int result = (int)syscall(SYS_ftruncate, descriptor, length);
  int error = errno;
  if (result == 0) log_record(RECORD_TRUNCATE, file - 1, 0, (uint64_t)length, NULL, 0);
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}
int ftruncate64(int descriptor, off64_t length) { return ftruncate(descriptor, length); }

int truncate(const char *path, off_t length) {
  int descriptor = shim_open(AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
  if (descriptor < 0) return -1;
  int result = ftruncate(descriptor, length);
  int error = errno;
  close(descriptor);
  errno = error;
  return result;
}
int truncate64(const char *path, off64_t length) { return truncate(path, length); }

static int shim_allocate(int descriptor, int mode, off_t offset, off_t length) {
  uint32_t file = ours(descriptor);
  if (file == 0) return (int)syscall(SYS_fallocate, descriptor, mode, offset, length);
  // Other modes zero or remove ranges; nothing that is tested uses them.
  if (mode != 0) {
    errno = EOPNOTSUPP;
    return -1;
  }
  pthread_mutex_lock(&lock);
  int result = (int)syscall(SYS_fallocate, descriptor, mode, offset, length);
  int error = errno;
  if (result == 0) {
    log_record(RECORD_EXTEND, file - 1, 0, (uint64_t)(offset + length), NULL, 0);
  }
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}
int fallocate(int descriptor, int mode, off_t offset, off_t length) {
  return shim_allocate(descriptor, mode, offset, length);
}
int fallocate64(int descriptor, int mode, off64_t offset, off64_t length) {
  return shim_allocate(descriptor, mode, offset, length);
}
int posix_fallocate(int descriptor, off_t offset, off_t length) {
  return shim_allocate(descriptor, 0, offset, length) == 0 ? 0 : errno;
}
int posix_fallocate64(int descriptor, off64_t offset, off64_t length) {
  return posix_fallocate(descriptor, offset, length);
}

// The sync itself runs outside the mutex: other files are written meanwhile, as they would be.
static int shim_sync(int descriptor, long call) {
  uint32_t file = ours(descriptor);
  if (file == 0) return (int)syscall(call, descriptor);
  pthread_mutex_lock(&lock);
  uint64_t begin = log_record(RECORD_SYNC_BEGIN, file - 1, 0, 0, NULL, 0);
  pthread_mutex_unlock(&lock);
  int result = (int)syscall(call, descriptor);
  int error = errno;
  if (result == 0) {
    pthread_mutex_lock(&lock);
    log_record(RECORD_SYNC_END, file - 1, begin, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
  }
  errno = error;
  return result;
}
int fsync(int descriptor) { return shim_sync(descriptor, SYS_fsync); }
int fdatasync(int descriptor) { return shim_sync(descriptor, SYS_fdatasync); }

int sync_file_range(int descriptor, off64_t offset, off64_t count, unsigned int flags) {
  int result = (int)syscall(SYS_sync_file_range, descriptor, offset, count, flags);
  int error = errno;
  uint32_t file = ours(descriptor);
  if (file != 0 && result == 0) {
    pthread_mutex_lock(&lock);
    log_record(RECORD_RANGE_SYNC, file - 1, (uint64_t)offset, (uint64_t)count, NULL, 0);
    pthread_mutex_unlock(&lock);
  }
  errno = error;
  return result;
}

static void forget(uint32_t file) {
  free(files[file - 1].path);
  files[file - 1].path = NULL;
}

static int shim_unlink(int base, const char *path, int flags) {
  char absolute[PATH_MAX];
  const char *name = NULL;
  if (watching() && (base == AT_FDCWD || path[0] == '/')) name = resolve(path, absolute);
  if (name == NULL) return (int)syscall(SYS_unlinkat, base, path, flags);
  pthread_mutex_lock(&lock);
  if (!begin()) {
    pthread_mutex_unlock(&lock);
    return (int)syscall(SYS_unlinkat, base, path, flags);
  }
  uint32_t file = find_file(name);
  struct stat before;
  if (file == 0 && stat(absolute, &before) == 0 && S_ISREG(before.st_mode)) {
    file = add_file(name, KIND_EXISTED, absolute);
  }
  int result = (int)syscall(SYS_unlinkat, base, path, flags);
  int error = errno;
  if (result == 0 && file != 0) {
    log_record(RECORD_UNLINK, file - 1, 0, 0, NULL, 0);
    forget(file);
  }
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}
int unlink(const char *path) { return shim_unlink(AT_FDCWD, path, 0); }
int unlinkat(int base, const char *path, int flags) { return shim_unlink(base, path, flags); }

// glibc's remove() calls unlink inside itself, past this file.
int remove(const char *path) {
  if (unlink(path) == 0) return 0;
  return errno == EISDIR ? (int)syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR) : -1;
}

// Only renames within the directory are followed; one that leaves or enters it ends the process,
// because the log could no longer tell the truth.
int rename(const char *from, const char *to) {
  char absolute_from[PATH_MAX], absolute_to[PATH_MAX];
  const char *old = watching() ? resolve(from, absolute_from) : NULL;
  const char *new = watching() ? resolve(to, absolute_to) : NULL;
  if (old == NULL && new == NULL) {
    return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
  }
  errno = EXDEV;
  if (old == NULL || new == NULL) die("a file is renamed into or out of SYNC_SHIM_DIR");
  pthread_mutex_lock(&lock);
  if (!begin()) {
    pthread_mutex_unlock(&lock);
    return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
  }
  struct stat before;
  uint32_t file = find_file(old), replaced = find_file(new);
  if (file == 0 && stat(absolute_from, &before) == 0) {
    file = add_file(old, KIND_EXISTED, absolute_from);
  }
  if (replaced == 0 && stat(absolute_to, &before) == 0) {
    replaced = add_file(new, KIND_EXISTED, absolute_to);
  }
  int result = (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
  int error = errno;
  if (result == 0 && file != 0 && file != replaced) {
    log_record(RECORD_RENAME, file - 1, 0, 0, new, strlen(new));
    if (replaced != 0) forget(replaced);
    free(files[file - 1].path);
    files[file - 1].path = strdup(new);
  }
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}
int renameat(int old_base, const char *from, int new_base, const char *to) {
  if ((old_base == AT_FDCWD || from[0] == '/') && (new_base == AT_FDCWD || to[0] == '/')) {
    return rename(from, to);
  }
  return (int)syscall(SYS_renameat2, old_base, from, new_base, to, 0);
}
int renameat2(int old_base, const char *from, int new_base, const char *to, unsigned int flags) {
  if (flags == 0) return renameat(old_base, from, new_base, to);
  return (int)syscall(SYS_renameat2, old_base, from, new_base, to, flags);
}
