import CSQLite
import SQLite
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A SQLite VFS that works normally until a fault is set. It serves one database of one test, under
/// its own name.
///
/// It lets SQLite open files as usual and replaces the table of functions in the open files. C
/// functions carry no context, so the faults are in one table for the process, keyed by the address
/// of the open file.
enum FaultyFileSystem {
  enum Fault: Sendable, Equatable {
    case sync
    case write
    case writeNoSpace
    /// A write fails as on a full disk as long as the file at this path holds bytes.
    case writeNoSpaceBeside(String)
    /// A write fails with this `errno`, which SQLite records only with the file.
    case writeError(Int32)
  }

  private struct State: Sendable {
    /// The name of the VFS that each open file belongs to.
    var owner: [UInt: String] = [:]
    var faults: [String: Fault] = [:]
    var writes: [String: Int] = [:]
  }

  private static let state = Mutex(State())
  /// The original tables of functions and their modified copies, in both directions. They are
  /// stored as addresses, because pointers are not Sendable. SQLite's unix files of one locking
  /// style share one table.
  private static let tables = Mutex<[UInt: UInt]>([:])

  /// Registers a VFS and returns its name.
  static func register(_ name: String) -> String {
    // Process-wide settings must come before any other use of SQLite.
    _ = SQLiteLibrary.countsMemory
    guard let ordinary = sqlite3_vfs_find("unix") else { preconditionFailure("no unix vfs") }
    let vfs = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
    vfs.initialize(to: ordinary.pointee)
    vfs.pointee.pNext = nil
    // The name lives as long as the process, because SQLite keeps the pointer.
    let text = UnsafeMutablePointer<CChar>.allocate(capacity: name.utf8.count + 1)
    for (index, byte) in name.utf8.enumerated() { text[index] = CChar(bitPattern: byte) }
    text[name.utf8.count] = 0
    vfs.pointee.zName = UnsafePointer(text)
    vfs.pointee.xOpen = { vfs, path, file, flags, outFlags in
      guard let vfs, let file, let ordinary = sqlite3_vfs_find("unix") else { return SQLITE_ERROR }
      let result = ordinary.pointee.xOpen(ordinary, path, file, flags, outFlags)
      if result == SQLITE_OK { FaultyFileSystem.adopt(file, String(cString: vfs.pointee.zName)) }
      return result
    }
    sqlite3_vfs_register(vfs, 0)
    return name
  }

  /// Makes every sync or write of the VFS fail; nil ends the fault.
  static func set(_ fault: Fault?, _ name: String) { state.withLock { $0.faults[name] = fault } }

  /// The number of writes to files of the VFS so far.
  static func writes(_ name: String) -> Int { state.withLock { $0.writes[name] ?? 0 } }

  private static func adopt(_ file: UnsafeMutablePointer<sqlite3_file>, _ name: String) {
    guard let methods = file.pointee.pMethods else { return }
    let address = UInt(bitPattern: methods)
    let table = tables.withLock { tables in
      if let table = tables[address] { return table }
      let copy = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
      copy.initialize(to: methods.pointee)
      copy.pointee.xSync = { file, flags in FaultyFileSystem.sync(file, flags) }
      copy.pointee.xWrite = { file, bytes, count, offset in
        FaultyFileSystem.write(file, bytes, count, offset)
      }
      copy.pointee.xFileControl = { file, operation, argument in
        FaultyFileSystem.control(file, operation, argument)
      }
      tables[address] = UInt(bitPattern: copy)
      // The reverse entry leads from a copy to the original functions.
      tables[UInt(bitPattern: copy)] = address
      return UInt(bitPattern: copy)
    }
    file.pointee.pMethods = UnsafePointer(bitPattern: table)
    state.withLock { $0.owner[UInt(bitPattern: file)] = name }
  }

  private static func fault(_ file: UnsafeMutablePointer<sqlite3_file>) -> Fault? {
    state.withLock { state in
      state.owner[UInt(bitPattern: file)].flatMap { state.faults[$0] }
    }
  }

  private static func ordinary(
    _ file: UnsafeMutablePointer<sqlite3_file>
  ) -> UnsafePointer<sqlite3_io_methods>? {
    let address = UInt(bitPattern: file.pointee.pMethods)
    return tables.withLock { $0[address] }.flatMap { UnsafePointer(bitPattern: $0) }
  }

  private static func sync(_ file: UnsafeMutablePointer<sqlite3_file>?, _ flags: Int32) -> Int32 {
    guard let file, let ordinary = ordinary(file) else { return SQLITE_ERROR }
    // SQLITE_IOERR_FSYNC
    if fault(file) == .sync { return SQLITE_IOERR | (4 << 8) }
    return ordinary.pointee.xSync(file, flags)
  }

  private static func write(
    _ file: UnsafeMutablePointer<sqlite3_file>?,
    _ bytes: UnsafeRawPointer?,
    _ count: Int32,
    _ offset: sqlite3_int64
  ) -> Int32 {
    guard let file, let ordinary = ordinary(file) else { return SQLITE_ERROR }
    state.withLock { state in
      if let owner = state.owner[UInt(bitPattern: file)] { state.writes[owner, default: 0] += 1 }
    }
    switch fault(file) {
    // SQLITE_IOERR_WRITE
    case .write: return SQLITE_IOERR | (3 << 8)
    case .writeError: return SQLITE_IOERR | (3 << 8)
    case .writeNoSpace: return SQLITE_FULL
    case .writeNoSpaceBeside(let path) where size(of: path) > 0: return SQLITE_FULL
    case .sync, .writeNoSpaceBeside, nil: return ordinary.pointee.xWrite(file, bytes, count, offset)
    }
  }

  private static func size(of path: String) -> Int {
    var information = stat()
    return stat(path, &information) == 0 ? Int(information.st_size) : 0
  }

  private static func control(
    _ file: UnsafeMutablePointer<sqlite3_file>?,
    _ operation: Int32,
    _ argument: UnsafeMutableRawPointer?
  ) -> Int32 {
    guard let file, let ordinary = ordinary(file) else { return SQLITE_ERROR }
    if operation == SQLITE_FCNTL_LAST_ERRNO, case .writeError(let code) = fault(file) {
      argument?.storeBytes(of: code, as: Int32.self)
      return SQLITE_OK
    }
    return ordinary.pointee.xFileControl(file, operation, argument)
  }
}
