#include "CSQLite.h"

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
