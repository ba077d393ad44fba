internal import CSQLite

/// A connection to one SQLite file. It belongs to one thread, because it is opened without SQLite's
/// mutexes.
public final class Connection {
  /// The access with which a file is opened.
  public enum Mode: Sendable {
    /// Reads and writes; creates the file if there is none.
    case readWrite
    /// Reads only, by the file system's flag and by `query_only`.
    case readOnly
  }

  /// The moments at which SQLite syncs.
  public enum Synchronous: String, Sendable {
    /// At every commit: committed data survives a power cut.
    case full = "FULL"
    /// At checkpoints: a power cut may lose the latest commits, never the file.
    case normal = "NORMAL"
    /// Never: a power cut may destroy the file. For tests.
    case off = "OFF"
  }

  let handle: OpaquePointer
  let progress = Progress()
  var statements: [Statement?] = []
  private let deferredStatement: Statement
  private let immediateStatement: Statement
  private let commitStatement: Statement
  private let rollbackStatement: Statement

  /// The number of pages in the write-ahead log after this connection's latest commit that changed
  /// something, or after its latest checkpoint. 0 before ``takeOverCheckpoints()``.
  public internal(set) var walPages = 0

  /// The handle that interrupts this connection from other threads.
  public let interruptHandle: InterruptHandle
  /// An object that must outlive the open file. Declared last: the properties go in their order,
  /// and the file is closed with the last statement.
  private let companion: (any AnyObject & Sendable)?

  /// Opens `path`. `busyTimeoutMilliseconds` is set before anything else, because even reading the
  /// header may meet a lock. `vfs` names a registered SQLite file system; nil is the default one.
  /// With `gathersLog` the pages of a transaction go to the write-ahead log in as few system calls
  /// as possible. `companion` is retained until the file is closed.
  public init(
    path: String,
    mode: Mode,
    busyTimeoutMilliseconds: Int32,
    vfs: String? = nil,
    gathersLog: Bool = false,
    retaining companion: (any AnyObject & Sendable)? = nil
  ) throws(SQLiteError) {
    self.companion = companion
    let handle = try Self.open(path, mode, vfs, gathersLog: gathersLog)
    sqlite3_extended_result_codes(handle, 1)
    sqlite3_busy_timeout(handle, busyTimeoutMilliseconds)
    do {
      self.deferredStatement = try Statement(handle, "BEGIN", progress)
      self.immediateStatement = try Statement(handle, "BEGIN IMMEDIATE", progress)
      self.commitStatement = try Statement(handle, "COMMIT", progress)
      self.rollbackStatement = try Statement(handle, "ROLLBACK", progress)
    } catch {
      sqlite3_close_v2(handle)
      throw error
    }
    self.handle = handle
    self.interruptHandle = InterruptHandle(handle)
    installProgressHandler()
    if mode == .readOnly { try execute("PRAGMA query_only=1") }
  }

  deinit {
    interruptHandle.invalidate()
    // close_v2 waits for statements that are still referenced, which finalize themselves.
    sqlite3_close_v2(handle)
  }

  private static func open(
    _ path: String,
    _ mode: Mode,
    _ vfs: String?,
    gathersLog: Bool
  ) throws(SQLiteError) -> OpaquePointer {
    SQLiteLibrary.configure()
    // Null if there is no such file system: then opening by its own name says so.
    let gathering = gathersLog ? csqlite_gathered_log(vfs).map { String(cString: $0) } : nil
    let access =
      mode == .readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
    var handle: OpaquePointer?
    let result = sqlite3_open_v2(path, &handle, access | SQLITE_OPEN_NOMUTEX, gathering ?? vfs)
    guard result == SQLITE_OK, let handle else {
      let error = SQLiteError(
        code: handle.map { sqlite3_extended_errcode($0) } ?? result,
        message: "cannot open the file",
        systemError: handle.map { sqlite3_system_errno($0) } ?? 0
      )
      sqlite3_close_v2(handle)
      throw error
    }
    return handle
  }

  private func installProgressHandler() {
    let context = Unmanaged.passUnretained(progress).toOpaque()
    sqlite3_progress_handler(
      handle,
      Int32(Progress.stepsPerCall),
      { context in
        guard let context else { return 0 }
        return Unmanaged<Progress>.fromOpaque(context).takeUnretainedValue().stops() ? 1 : 0
      },
      context
    )
  }
}

// MARK: - Settings and limits

extension Connection {
  /// Runs SQL without parameters, statement by statement: pragmas and migrations.
  public func execute(_ sql: String) throws(SQLiteError) {
    guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else {
      throw lastError(messageIsSafe: true)
    }
  }

  /// Returns the first column of the first row of `sql` as a number, as for `PRAGMA user_version`,
  /// or nil without a row.
  public func integer(_ sql: String) throws(SQLiteError) -> Int64? {
    let statement = try prepare(sql)
    defer { statement.reset() }
    return try statement.step() ? Row(statement).int64(0) : nil
  }

  /// Returns the first column of the first row of `sql` as text, or nil without a row.
  public func text(_ sql: String) throws(SQLiteError) -> String? {
    let statement = try prepare(sql)
    defer { statement.reset() }
    return try statement.step() ? Row(statement).text(0) : nil
  }

  /// Sets the time for which statements wait for a lock, in milliseconds; 0 does not wait.
  public func setBusyTimeout(milliseconds: Int32) { sqlite3_busy_timeout(handle, milliseconds) }

  /// Allows about `steps` more virtual machine steps, counted in thousands. A statement that
  /// exceeds them ends with ``SQLiteError/Stop/budgetExceeded``. Nil removes the limit.
  public func setBudget(steps: Int?) { setBudget(steps.map { WorkBudget(steps: $0) }) }

  /// Allows about the work of a budget. A statement that exceeds it ends with
  /// ``SQLiteError/Stop/budgetExceeded``, in a step or at a row. Nil removes the limit.
  public func setBudget(_ budget: WorkBudget?) { progress.setBudget(budget) }

  /// Sets the clocks that measure the time of budgets, for tests.
  public func setWorkClock(_ clock: WorkClock) { progress.clock = clock }

  /// Sets a check that runs every thousand steps. If it returns true, the statement ends with
  /// ``SQLiteError/Stop/interrupted``. Nil removes the check.
  public func setStopCheck(_ check: (() -> Bool)?) { progress.shouldStop = check }

  /// The number of rows inserted, updated and deleted since the connection was opened, triggers
  /// included.
  public var totalChanges: Int64 { Int64(sqlite3_total_changes64(handle)) }

  func lastError(messageIsSafe: Bool = false) -> SQLiteError {
    SQLiteError.latest(of: handle, progress, messageIsSafe: messageIsSafe)
  }
}

// MARK: - Transactions

extension Connection {
  /// True while a transaction is open. SQLite ends a transaction by itself after some errors.
  public var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

  /// Begins a transaction. Its first read takes the snapshot.
  public func begin() throws(SQLiteError) { try deferredStatement.runOnce() }

  /// Begins a transaction that may write, and takes the write lock.
  public func beginImmediate() throws(SQLiteError) { try immediateStatement.runOnce() }

  /// Commits the transaction. After an error it is still open if ``isInTransaction`` is true.
  public func commit() throws(SQLiteError) { try commitStatement.runOnce() }

  /// Rolls back the transaction; does nothing if none is open.
  public func rollback() throws(SQLiteError) {
    if isInTransaction { try rollbackStatement.runOnce() }
  }
}
