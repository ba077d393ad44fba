import Foundation

/// A measurement of how long the disk takes to store a write.
enum SyncProbe {
  /// The time after which no further write begins.
  private static let longest = Duration.seconds(2)
  private static let count = 200

  /// Writes 4 KiB and flushes them, up to 200 times and for at most about two seconds, in a file of
  /// its own that is removed again. Returns the times in microseconds; fewer if a write fails.
  static func measure(in folder: String) -> [Int] {
    let path = "\(folder)/.patron-doctor-\(getpid())"
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { return [] }
    defer {
      close(file)
      unlink(path)
    }
    let page = [UInt8](repeating: 0x5a, count: 4096)
    let begin = ContinuousClock.now
    var times: [Int] = []
    while times.count < count, ContinuousClock.now - begin < longest {
      let before = ContinuousClock.now
      guard write(file, page, page.count) == page.count, flush(file) else { break }
      times.append(Int((ContinuousClock.now - before) / .microseconds(1)))
    }
    return times
  }

  private static func flush(_ file: Int32) -> Bool {
    #if canImport(Darwin)
      fcntl(file, F_FULLFSYNC) != -1
    #else
      fdatasync(file) == 0
    #endif
  }
}
