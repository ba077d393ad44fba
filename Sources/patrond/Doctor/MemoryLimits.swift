import Foundation

/// The memory that the system lets the process have.
enum MemoryLimits {
  /// Returns the least `memory.max` of the process's control group and of those above it, in bytes;
  /// nil for none. `read` returns the text of a file.
  static func group(_ read: (String) -> String?) -> Int? {
    guard let own = read("/proc/self/cgroup") else { return nil }
    // Version 2 has one line, `0::/system.slice/patrond.service`.
    let line = own.split(separator: "\n").first { $0.hasPrefix("0::/") }
    guard let line else { return nil }
    var parts = line.dropFirst("0::/".count).split(separator: "/")
    var least: Int?
    while true {
      let folder = "/sys/fs/cgroup" + parts.map { "/" + $0 }.joined()
      let text = read(folder + "/memory.max")?.trimmingCharacters(in: .whitespacesAndNewlines)
      if let text, let limit = Int(text) { least = min(least ?? limit, limit) }
      if parts.popLast() == nil { return least }
    }
  }

  /// Returns the memory of the machine, in bytes; nil if it is unknown.
  static func machine(_ read: (String) -> String?) -> Int? {
    guard let text = read("/proc/meminfo") else { return nil }
    for line in text.split(separator: "\n") where line.hasPrefix("MemTotal:") {
      let words = line.split(separator: " ")
      if words.count > 1, let kib = Int(words[1]) { return kib << 10 }
    }
    return nil
  }
}
