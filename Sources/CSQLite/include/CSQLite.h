#ifndef CSQLITE_H
#define CSQLITE_H

#include <sqlite3.h>

/* What Swift cannot call or see of sqlite3.h: variadic functions and pointer-valued macros. */

/* Turns SQLite's memory statistics off for the process: they cost a global mutex for each
   allocation. Works before the first connection only; returns SQLITE_MISUSE after it. */
int csqlite_disable_memory_statistics(void);

/* 1 when SQLite counts its memory, 0 when it does not. Reads the effect, not the setting. */
int csqlite_counts_memory(void);

/* Binds bytes that stay in place until the statement is reset (SQLITE_STATIC). */
int csqlite_bind_text_static(sqlite3_stmt *stmt, int index, const char *text, int length);
int csqlite_bind_blob_static(sqlite3_stmt *stmt, int index, const void *bytes, int length);

/* Binds bytes that SQLite copies at once (SQLITE_TRANSIENT). */
int csqlite_bind_text_copy(sqlite3_stmt *stmt, int index, const char *text, int length);
int csqlite_bind_blob_copy(sqlite3_stmt *stmt, int index, const void *bytes, int length);

#endif
