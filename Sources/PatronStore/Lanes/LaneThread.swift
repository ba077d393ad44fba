#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A lane's own thread. SQLite blocks, which the concurrency runtime's pool must not do.
package final class LaneThread: Sendable {
  private let ended = Monitor(false)

  /// Starts a thread that runs `body`. `name` is shown by `top -H`, cut to 15 bytes. A background
  /// thread yields to the others when there are too few processors for all.
  package init(name: String, inBackground: Bool = false, _ body: @escaping @Sendable () -> Void) {
    let ended = ended
    let result = Self.start(name: name, inBackground: inBackground) {
      body()
      ended.update { $0 = true }
    }
    precondition(result == 0, "cannot start a thread: errno \(result)")
  }

  /// Starts a thread that nobody joins. Returns 0, or the `errno` if the system has no thread left.
  static func start(
    name: String,
    inBackground: Bool,
    _ body: @escaping @Sendable () -> Void
  ) -> Int32 {
    let work = Work {
      setName(name)
      if inBackground { yieldToOthers() }
      body()
    }
    let context = Unmanaged.passRetained(work).toOpaque()
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    let result = pthread_create(
      &thread,
      nil,
      { context in
        #if canImport(Glibc)
          guard let context else { return nil }
        #endif
        Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body()
        return nil
      },
      context
    )
    guard result == 0 else {
      Unmanaged<Work>.fromOpaque(context).release()
      return result
    }
    #if canImport(Darwin)
      if let thread { pthread_detach(thread) }
    #else
      pthread_detach(thread)
    #endif
    return 0
  }

  /// Blocks until `body` returned.
  func join() { _ = ended.wait { $0 ? true : nil } }

  #if canImport(Glibc)
    /// `SCHED_IDLE`, an extension that Swift does not import.
    private static let idlePolicy: Int32 = 5
  #endif

  private static func yieldToOthers() {
    #if canImport(Darwin)
      pthread_set_qos_class_self_np(QOS_CLASS_UTILITY, 0)
    #else
      // On Linux a policy belongs to a thread; 0 is the calling thread. A thread that becomes ready
      // preempts an idle-policy thread at once, but a low-priority thread only at the end of its
      // slice.
      var parameters = sched_param()
      sched_setscheduler(0, idlePolicy, &parameters)
    #endif
  }

  private static func setName(_ name: String) {
    #if canImport(Darwin)
      pthread_setname_np(name)
    #else
      // The C library's call is a GNU extension, which Swift does not import.
      let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
      guard file >= 0 else { return }
      _ = name.withCString { write(file, $0, min(strlen($0), 15)) }
      close(file)
    #endif
  }
}

private final class Work: Sendable {
  let body: @Sendable () -> Void

  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

/// The identity of a thread, to assert that no other thread does its work.
struct ThreadIdentity {
  private let thread = pthread_self()

  /// True on the remembered thread.
  var isCurrent: Bool { pthread_equal(thread, pthread_self()) != 0 }
}
