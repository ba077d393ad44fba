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

/* The errno of the latest failed system call on the database file or its write-ahead log; 0 when
   there was none. sqlite3_system_errno stays 0 when a statement fails to write. Where the two files
   failed for different reasons, the one that is no lack of space counts. */
int csqlite_file_errno(sqlite3 *database);

/* 1 when an errno says that no space is left: on the disk, in the quota, or in a file. */
int csqlite_is_lack_of_space(int error);

/* Registers, once for the process, a VFS that gathers the frames of write-ahead logs over the VFS
   `base` (null: the default one), and returns its name, which stays valid. It writes the frames of
   a transaction in as few calls as possible and is as safe as its base. For connections that write.
   Null when `base` is unknown or memory is short. */
const char *csqlite_gathered_log(const char *base);

#endif
