internal import PatronModel

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A directory with scheduled backups, named `patron-20240131T180000Z.db` by the time (UTC) at
/// which they began. Other files in it are left alone.
package struct BackupFolder: Sendable {
  package let path: String

  private static let prefix = "patron-"
  private static let suffix = ".db"

  package init(path: String) {
    self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }

  /// Returns the file of a backup that begins at a time, in microseconds since 1970 UTC.
  package func file(at time: Int64) -> BackupFile {
    let second = try? Timestamp(microseconds: time - time % 1_000_000)
    let digits = (second?.rfc3339 ?? "").filter { $0 != "-" && $0 != ":" }
    return BackupFile(path: "\(path)/\(Self.prefix)\(digits)\(Self.suffix)")
  }

  /// Returns the time in a name, in microseconds since 1970 UTC; nil for another name.
  static func time(of name: String) -> Int64? {
    guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return nil }
    let text = Array(name.dropFirst(prefix.count).dropLast(suffix.count))
    guard text.count == 16, text[8] == "T", text[15] == "Z" else { return nil }
    let date = String(text[0..<4]) + "-" + String(text[4..<6]) + "-" + String(text[6..<8])
    let time = String(text[9..<11]) + ":" + String(text[11..<13]) + ":" + String(text[13..<15])
    return try? ISO8601Time("\(date)T\(time)Z").timestamp.microseconds
  }

  /// Returns the times of the finished backups, newest first. One without its sum does not count:
  /// it was not made here.
  package func times() throws(BackupError) -> [Int64] {
    let names = Set(try names())
    return names.filter { names.contains($0 + BackupFile.sumSuffix) }
      .compactMap(Self.time).sorted(by: >)
  }

  /// Removes all backups but the newest `count`, each with its sum. Returns the paths of those that
  /// were removed.
  package func removeAll(butNewest count: Int) throws(BackupError) -> [String] {
    var removed: [String] = []
    for time in try times().dropFirst(count) {
      let file = file(at: time)
      // The copy goes first: a sum without its copy is harmless.
      guard unlink(file.path) == 0 else { throw .system(errno, file.path) }
      unlink(file.sum)
      removed.append(file.path)
    }
    return removed
  }

  /// Removes the unfinished backups of a process that ended.
  package func removePartials() throws(BackupError) {
    let end = BackupFile.partialSuffix
    for name in try names() where name.hasSuffix(end) {
      let name = String(name.dropLast(end.count))
      if Self.time(of: name) != nil { BackupFile(path: path + "/" + name).removePartial() }
    }
  }

  private func names() throws(BackupError) -> [String] {
    guard let folder = opendir(path) else {
      if errno == ENOENT || errno == ENOTDIR { throw .directoryMissing(path: path) }
      throw .system(errno, path)
    }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
        name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      names.append(name)
    }
    return names
  }
}
