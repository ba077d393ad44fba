/* A VFS over another one that gathers the frames of a write-ahead log.

   SQLite writes a frame with two calls, 24 bytes of header and the page. Here both are copied into
   a buffer, which goes to the file in one call when the transaction commits, when the buffer is
   full, or before anything looks at these bytes.

   Why this is as safe as the VFS below:
   - A frame counts only when a commit frame stands behind it. The write of a commit frame hands
     everything over, at every level of `synchronous`, and returns the error of that write. So the
     file has all frames before SQLite syncs it or changes the shared index, and nothing is ever
     left in the buffer when a transaction has committed. The index is changed by memory writes
     between barriers, which could not report an error.
   - Other connections read no frame that is not committed. This one reads through `xRead` here.
   - Bytes leave the buffer only when the file has them, so a transaction after a failed write
     commits if a repetition of the write succeeds, and fails otherwise.
   - The frames of a transaction that was rolled back are dropped before the lock of writers is
     given up. They would overwrite the frames of the next writer otherwise.
   - Only frames that follow each other are gathered. What is written again, such as checksums
     after a page was written twice, goes to the file at once, behind what was gathered. */

#include "CSQLite.h"

#include <stddef.h>
#include <string.h>

enum {
  /* SQLite's unix files write up to 131,071 bytes in a call, and fail for more: this is less. */
  capacity = 31 * (24 + 4096),
  log_header_bytes = 32,
  frame_header_bytes = 24,
  /* The lock of writers, as the format of the shared index says. */
  write_lock = 0,
};

typedef struct GatheredFile GatheredFile;

struct GatheredFile {
  sqlite3_file base;
  /* The functions of this file. Those that the file below lacks are lacking here. */
  sqlite3_io_methods methods;
  sqlite3_file *below;
  /* The log of a database, or the database of a log; null for other files. */
  GatheredFile *peer;
  /* The rest is of logs only. */
  unsigned char *bytes;
  int count;
  sqlite3_int64 start;
  /* The end of the latest frame of this transaction; -1 before its first write. */
  sqlite3_int64 next;
  /* The kind of the latest write of this transaction. */
  enum { log_page, log_frame_header, log_commit_header } latest;
};

static GatheredFile *gathered(sqlite3_file *file) { return (GatheredFile *)file; }

static sqlite3_file *below(sqlite3_file *file) { return gathered(file)->below; }

/* The log */

static int hand_over(GatheredFile *log) {
  if (log->count == 0) return SQLITE_OK;
  sqlite3_file *file = log->below;
  int result = file->pMethods->xWrite(file, log->bytes, log->count, log->start);
  if (result == SQLITE_OK) log->count = 0;
  return result;
}

/* Begins or ends a transaction. What is still here was not committed. */
static void forget(GatheredFile *log) {
  log->count = 0;
  log->next = -1;
  log->latest = log_page;
}

static int is_page(int amount) {
  return amount >= 512 && amount <= 65536 && (amount & (amount - 1)) == 0;
}

/* Returns 1 if a write continues the frames of this transaction. */
static int continues(GatheredFile *log, int amount, sqlite3_int64 offset) {
  if (log->peer == 0 || (log->next != -1 && log->next != offset)) return 0;
  if (log->latest != log_page) return is_page(amount);
  return amount == frame_header_bytes || (amount == log_header_bytes && offset == 0);
}

static int log_write(sqlite3_file *file, const void *bytes, int amount, sqlite3_int64 offset) {
  GatheredFile *log = gathered(file);
  int follows = continues(log, amount, offset);
  if (!follows || log->count + amount > capacity) {
    int result = hand_over(log);
    if (result != SQLITE_OK) return result;
  }
  if (!follows) return log->below->pMethods->xWrite(log->below, bytes, amount, offset);
  if (log->count == 0) log->start = offset;
  memcpy(log->bytes + log->count, bytes, (size_t)amount);
  log->count += amount;
  log->next = offset + amount;
  if (amount == frame_header_bytes) {
    /* Bytes 4 to 7 are the size of the database in a commit frame, and 0 in others. */
    static const unsigned char none[4];
    int commits = memcmp((const unsigned char *)bytes + 4, none, sizeof none) != 0;
    log->latest = commits ? log_commit_header : log_frame_header;
    return SQLITE_OK;
  }
  int commits = log->latest == log_commit_header;
  log->latest = log_page;
  return commits ? hand_over(log) : SQLITE_OK;
}

static int log_read(sqlite3_file *file, void *bytes, int amount, sqlite3_int64 offset) {
  GatheredFile *log = gathered(file);
  if (offset < log->start + log->count && log->start < offset + amount) {
    int result = hand_over(log);
    if (result != SQLITE_OK) return result;
  }
  return log->below->pMethods->xRead(log->below, bytes, amount, offset);
}

static int log_truncate(sqlite3_file *file, sqlite3_int64 size) {
  int result = hand_over(gathered(file));
  return result != SQLITE_OK ? result : below(file)->pMethods->xTruncate(below(file), size);
}

static int log_sync(sqlite3_file *file, int flags) {
  int result = hand_over(gathered(file));
  return result != SQLITE_OK ? result : below(file)->pMethods->xSync(below(file), flags);
}

static int log_size(sqlite3_file *file, sqlite3_int64 *size) {
  int result = hand_over(gathered(file));
  return result != SQLITE_OK ? result : below(file)->pMethods->xFileSize(below(file), size);
}

/* The database */

static int plain_shm_lock(sqlite3_file *file, int first, int count, int flags) {
  GatheredFile *log = gathered(file)->peer;
  if (log != 0 && first == write_lock && (flags & SQLITE_SHM_EXCLUSIVE) != 0) forget(log);
  return below(file)->pMethods->xShmLock(below(file), first, count, flags);
}

static int plain_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **at) {
  return below(file)->pMethods->xShmMap(below(file), page, size, extend, at);
}

static void plain_shm_barrier(sqlite3_file *file) {
  below(file)->pMethods->xShmBarrier(below(file));
}

static int plain_shm_unmap(sqlite3_file *file, int removes) {
  return below(file)->pMethods->xShmUnmap(below(file), removes);
}

static int plain_read(sqlite3_file *file, void *bytes, int amount, sqlite3_int64 offset) {
  return below(file)->pMethods->xRead(below(file), bytes, amount, offset);
}

static int plain_write(sqlite3_file *file, const void *bytes, int amount, sqlite3_int64 offset) {
  return below(file)->pMethods->xWrite(below(file), bytes, amount, offset);
}

static int plain_truncate(sqlite3_file *file, sqlite3_int64 size) {
  return below(file)->pMethods->xTruncate(below(file), size);
}

static int plain_sync(sqlite3_file *file, int flags) {
  return below(file)->pMethods->xSync(below(file), flags);
}

static int plain_size(sqlite3_file *file, sqlite3_int64 *size) {
  return below(file)->pMethods->xFileSize(below(file), size);
}

static int plain_lock(sqlite3_file *file, int level) {
  return below(file)->pMethods->xLock(below(file), level);
}

static int plain_unlock(sqlite3_file *file, int level) {
  return below(file)->pMethods->xUnlock(below(file), level);
}

static int plain_check_lock(sqlite3_file *file, int *isReserved) {
  return below(file)->pMethods->xCheckReservedLock(below(file), isReserved);
}

static int plain_control(sqlite3_file *file, int operation, void *argument) {
  return below(file)->pMethods->xFileControl(below(file), operation, argument);
}

static int plain_sector_size(sqlite3_file *file) {
  return below(file)->pMethods->xSectorSize(below(file));
}

static int plain_characteristics(sqlite3_file *file) {
  return below(file)->pMethods->xDeviceCharacteristics(below(file));
}

static int plain_fetch(sqlite3_file *file, sqlite3_int64 offset, int amount, void **at) {
  return below(file)->pMethods->xFetch(below(file), offset, amount, at);
}

static int plain_unfetch(sqlite3_file *file, sqlite3_int64 offset, void *at) {
  return below(file)->pMethods->xUnfetch(below(file), offset, at);
}

/* Both */

static int close_file(sqlite3_file *file) {
  GatheredFile *closed = gathered(file);
  if (closed->peer != 0) closed->peer->peer = 0;
  sqlite3_free(closed->bytes);
  return closed->below->pMethods->xClose(closed->below);
}

static sqlite3_io_methods methods_over(const sqlite3_io_methods *methods) {
  sqlite3_io_methods over = {
      .iVersion = methods->iVersion < 3 ? methods->iVersion : 3,
      .xClose = close_file,
      .xRead = plain_read,
      .xWrite = plain_write,
      .xTruncate = plain_truncate,
      .xSync = plain_sync,
      .xFileSize = plain_size,
      .xLock = plain_lock,
      .xUnlock = plain_unlock,
      .xCheckReservedLock = plain_check_lock,
      .xFileControl = plain_control,
      .xSectorSize = plain_sector_size,
      .xDeviceCharacteristics = plain_characteristics,
  };
  if (methods->iVersion >= 2 && methods->xShmMap != 0) {
    over.xShmMap = plain_shm_map;
    over.xShmLock = plain_shm_lock;
    over.xShmBarrier = plain_shm_barrier;
    over.xShmUnmap = plain_shm_unmap;
  }
  if (methods->iVersion >= 3 && methods->xFetch != 0) {
    over.xFetch = plain_fetch;
    over.xUnfetch = plain_unfetch;
  }
  return over;
}

/* Makes a file the log of its database, if that tells when its lock of writers is given up. */
static int begin_gathering(GatheredFile *log, const char *path) {
  sqlite3_file *file = sqlite3_database_file_object(path);
  if (file == 0 || file->pMethods == 0) return SQLITE_OK;
  if (file->pMethods->xShmLock != plain_shm_lock || gathered(file)->peer != 0) return SQLITE_OK;
  log->bytes = sqlite3_malloc(capacity);
  if (log->bytes == 0) return SQLITE_NOMEM;
  log->methods.xRead = log_read;
  log->methods.xWrite = log_write;
  log->methods.xTruncate = log_truncate;
  log->methods.xSync = log_sync;
  log->methods.xFileSize = log_size;
  log->peer = gathered(file);
  gathered(file)->peer = log;
  forget(log);
  return SQLITE_OK;
}

/* The file system */

enum { header_bytes = (sizeof(GatheredFile) + 15) / 16 * 16 };

static sqlite3_vfs *system_below(sqlite3_vfs *system) { return system->pAppData; }

static int open_file(sqlite3_vfs *system, const char *path, sqlite3_file *file, int flags,
                     int *outFlags) {
  sqlite3_vfs *ordinary = system_below(system);
  int isOurs = (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) != 0;
  if (!isOurs) return ordinary->xOpen(ordinary, path, file, flags, outFlags);
  GatheredFile *opened = gathered(file);
  memset(opened, 0, sizeof *opened);
  opened->below = (sqlite3_file *)((char *)file + header_bytes);
  opened->below->pMethods = 0;
  int result = ordinary->xOpen(ordinary, path, opened->below, flags, outFlags);
  const sqlite3_io_methods *methods = opened->below->pMethods;
  if (methods == 0) return result;
  opened->methods = methods_over(methods);
  opened->base.pMethods = &opened->methods;
  /* SQLite closes a file whose functions are set, also after an error. */
  if (result != SQLITE_OK || (flags & SQLITE_OPEN_WAL) == 0) return result;
  return begin_gathering(opened, path);
}

static int delete_file(sqlite3_vfs *system, const char *path, int syncs) {
  return system_below(system)->xDelete(system_below(system), path, syncs);
}

static int access_file(sqlite3_vfs *system, const char *path, int flags, int *result) {
  return system_below(system)->xAccess(system_below(system), path, flags, result);
}

static int full_path(sqlite3_vfs *system, const char *path, int size, char *full) {
  return system_below(system)->xFullPathname(system_below(system), path, size, full);
}

static void *open_library(sqlite3_vfs *system, const char *path) {
  return system_below(system)->xDlOpen(system_below(system), path);
}

static void library_error(sqlite3_vfs *system, int size, char *message) {
  system_below(system)->xDlError(system_below(system), size, message);
}

static void (*library_symbol(sqlite3_vfs *system, void *library, const char *name))(void) {
  return system_below(system)->xDlSym(system_below(system), library, name);
}

static void close_library(sqlite3_vfs *system, void *library) {
  system_below(system)->xDlClose(system_below(system), library);
}

static int fill_randomly(sqlite3_vfs *system, int size, char *bytes) {
  return system_below(system)->xRandomness(system_below(system), size, bytes);
}

static int sleep_for(sqlite3_vfs *system, int microseconds) {
  return system_below(system)->xSleep(system_below(system), microseconds);
}

static int current_time(sqlite3_vfs *system, double *days) {
  return system_below(system)->xCurrentTime(system_below(system), days);
}

static int latest_error(sqlite3_vfs *system, int size, char *message) {
  return system_below(system)->xGetLastError(system_below(system), size, message);
}

static int current_milliseconds(sqlite3_vfs *system, sqlite3_int64 *time) {
  return system_below(system)->xCurrentTimeInt64(system_below(system), time);
}

/* Makes and registers the file system over `ordinary`. Returns its name, or null without memory. */
static const char *register_over(sqlite3_vfs *ordinary, const char *name) {
  size_t length = strlen(name) + 1;
  sqlite3_vfs *system = sqlite3_malloc64(sizeof *system + length);
  if (system == 0) return 0;
  char *copy = (char *)(system + 1);
  memcpy(copy, name, length);
  *system = (sqlite3_vfs){
      .iVersion = ordinary->iVersion >= 2 && ordinary->xCurrentTimeInt64 != 0 ? 2 : 1,
      .szOsFile = header_bytes + ordinary->szOsFile,
      .mxPathname = ordinary->mxPathname,
      .zName = copy,
      .pAppData = ordinary,
      .xOpen = open_file,
      .xDelete = delete_file,
      .xAccess = access_file,
      .xFullPathname = full_path,
      .xDlOpen = open_library,
      .xDlError = library_error,
      .xDlSym = library_symbol,
      .xDlClose = close_library,
      .xRandomness = fill_randomly,
      .xSleep = sleep_for,
      .xCurrentTime = current_time,
      .xGetLastError = latest_error,
      .xCurrentTimeInt64 = current_milliseconds,
  };
  return sqlite3_vfs_register(system, 0) == SQLITE_OK ? copy : 0;
}

const char *csqlite_gathered_log(const char *base) {
  sqlite3_vfs *ordinary = sqlite3_vfs_find(base);
  if (ordinary == 0) return 0;
  char *name = sqlite3_mprintf("gathered-log-over-%s", ordinary->zName);
  if (name == 0) return 0;
  sqlite3_mutex *mutex = sqlite3_mutex_alloc(SQLITE_MUTEX_STATIC_APP1);
  sqlite3_mutex_enter(mutex);
  sqlite3_vfs *known = sqlite3_vfs_find(name);
  const char *found = known != 0 ? known->zName : register_over(ordinary, name);
  sqlite3_mutex_leave(mutex);
  sqlite3_free(name);
  return found;
}
