import Glibc
import Synchronization

/// The end of a process.
enum Exit: Equatable, Sendable {
  case status(Int32)
  case signal(Int32)
}

/// A process that a test started. It is killed by its process id when the last reference is
/// released.
final class ChildProcess: Sendable {
  let pid: pid_t
  private let ended = Mutex<Exit?>(nil)

  /// Starts `program` with the environment of the test plus `environment`. Only the three standard
  /// streams are inherited.
  init(
    _ program: String,
    _ arguments: [String],
    environment: [String: String] = [:],
    input: String = "/dev/null",
    output: String = "/dev/null",
    errors: String
  ) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let written = O_WRONLY | O_CREAT | O_APPEND
    posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, written, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, errors, written, 0o600)
    closeOthers(&actions)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(
      &attributes,
      Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)
    )

    let words = CStrings([program] + arguments)
    let variables = CStrings(Installation.environment(environment).map { "\($0)=\($1)" })
    var pid = pid_t()
    let code = posix_spawn(&pid, program, &actions, &attributes, words.pointers, variables.pointers)
    guard code == 0 else {
      throw HarnessError("cannot start \(program): \(String(cString: strerror(code)))")
    }
    self.pid = pid
  }

  deinit {
    guard poll() == nil else { return }
    Glibc.kill(pid, SIGKILL)
    waitpid(pid, nil, 0)
  }

  /// Returns the end of the process, or nil while it runs.
  func poll() -> Exit? {
    ended.withLock { ended in
      if ended == nil {
        var raw: Int32 = 0
        guard waitpid(pid, &raw, WNOHANG) == pid else { return nil }
        ended = raw & 0x7f == 0 ? .status((raw >> 8) & 0xff) : .signal(raw & 0x7f)
      }
      return ended
    }
  }

  /// Sends a signal, unless the process has ended.
  func signal(_ number: Int32) {
    guard poll() == nil else { return }
    Glibc.kill(pid, number)
  }

  /// Waits for the end. A process that exceeds the limit is killed, and the wait fails.
  func exit(within limit: Duration) async throws -> Exit {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
      if let exit = poll() { return exit }
      try await Task.sleep(for: .milliseconds(2))
    }
    signal(SIGKILL)
    throw HarnessError("process \(pid) did not end within \(limit)")
  }
}

/// C strings as `posix_spawn` takes them.
private final class CStrings {
  let pointers: [UnsafeMutablePointer<CChar>?]

  init(_ strings: [String]) { pointers = strings.map { strdup($0) } + [nil] }

  deinit { for pointer in pointers { free(pointer) } }
}

/// Closes all descriptors except the standard streams in the process. An inherited socket would
/// never be seen to close. glibc has the function, its Swift overlay does not.
private func closeOthers(_ actions: inout posix_spawn_file_actions_t) {
  typealias AddCloseFrom =
    @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32
  guard let symbol = dlsym(nil, "posix_spawn_file_actions_addclosefrom_np") else { return }
  _ = unsafeBitCast(symbol, to: AddCloseFrom.self)(&actions, 3)
}
