import Foundation
import Glibc

/// A control group of the system that bounds the memory of its processes. Processes that take more
/// are killed. It is removed with the last reference, after its processes have ended.
final class MemoryGroup: Sendable {
  private let path: String

  /// True if this process may make such groups, which needs privileges.
  static let isPossible = (try? MemoryGroup(limit: 1 << 30)) != nil

  init(limit: Int) throws {
    let isOld = Files.exists("/sys/fs/cgroup/memory/memory.limit_in_bytes")
    let root = isOld ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup"
    path = "\(root)/patron-test-\(getpid())-\(UInt32.random(in: 0...(.max)))"
    guard mkdir(path, 0o755) == 0 else { throw HarnessError("cannot make \(path)") }
    do {
      try write("\(limit)", to: isOld ? "memory.limit_in_bytes" : "memory.max")
    } catch {
      rmdir(path)
      throw error
    }
  }

  deinit { rmdir(path) }

  /// Moves a process into the group. The memory that it has already taken may not count.
  func add(_ process: ChildProcess) throws { try write("\(process.pid)", to: "cgroup.procs") }

  private func write(_ text: String, to file: String) throws {
    let descriptor = open("\(path)/\(file)", O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw HarnessError("cannot open \(path)/\(file)") }
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
      throw HarnessError("cannot write \(text) to \(path)/\(file)")
    }
  }
}
