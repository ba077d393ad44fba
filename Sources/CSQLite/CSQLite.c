#include "CSQLite.h"

#include <errno.h>

int csqlite_disable_memory_statistics(void) {
  return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

int csqlite_counts_memory(void) {
  void *probe = sqlite3_malloc(64);
  int counted = sqlite3_memory_used() > 0;
  sqlite3_free(probe);
  return counted;
}

int csqlite_bind_text_static(sqlite3_stmt *stmt, int index, const char *text, int length) {
  return sqlite3_bind_text(stmt, index, text, length, SQLITE_STATIC);
}

int csqlite_bind_blob_static(sqlite3_stmt *stmt, int index, const void *bytes, int length) {
  return sqlite3_bind_blob(stmt, index, bytes, length, SQLITE_STATIC);
}

int csqlite_bind_text_copy(sqlite3_stmt *stmt, int index, const char *text, int length) {
  return sqlite3_bind_text(stmt, index, text, length, SQLITE_TRANSIENT);
}

int csqlite_bind_blob_copy(sqlite3_stmt *stmt, int index, const void *bytes, int length) {
  return sqlite3_bind_blob(stmt, index, bytes, length, SQLITE_TRANSIENT);
}

int csqlite_is_lack_of_space(int error) {
  return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

static int last_errno(sqlite3 *database, int which) {
  sqlite3_file *file = 0;
  int error = 0;
  if (sqlite3_file_control(database, "main", which, &file) != SQLITE_OK) return 0;
  if (file == 0 || file->pMethods == 0) return 0;
  if (file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &error) != SQLITE_OK) return 0;
  return error;
}

int csqlite_file_errno(sqlite3 *database) {
  int file = last_errno(database, SQLITE_FCNTL_FILE_POINTER);
  int log = last_errno(database, SQLITE_FCNTL_JOURNAL_POINTER);
  if (file == 0 || log == 0) return file | log;
  return csqlite_is_lack_of_space(file) ? log : file;
}
