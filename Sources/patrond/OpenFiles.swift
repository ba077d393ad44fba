import Foundation
import PatronOps
import TTRPCNIO

/// The number of files that the process may open, and the connections that fit it. A connection is
/// a file, and so is each database, log and listener.
struct OpenFiles {
  let limit: Int

  /// The files beside those of connections and threads: listeners, the writer's database and log,
  /// temporary files, and some to spare.
  private static let base = 64
  /// The files of an I/O thread: two of its database, three of its event loop, two of its pipe for
  /// turns, and one to spare.
  private static let perThread = 8
  /// The files of a thread for long reads: its database, its log, and a temporary file.
  private static let perReadThread = 3
  /// The fewest connections with which a server starts.
  private static let minConnections = 16

  /// Raises the limit of the process as far as the system allows without privileges. The usual
  /// limit, 1,024, is for programs that keep descriptors in a bit set of that size.
  static func raised() -> OpenFiles {
    var limits = rlimit()
    guard getrlimit(resource, &limits) == 0 else { return OpenFiles(limit: 1024) }
    var raised = limits
    raised.rlim_cur = limits.rlim_max
    if setrlimit(resource, &raised) == 0 { limits = raised }
    return OpenFiles(limit: Int(clamping: limits.rlim_cur))
  }

  /// Returns the number of connections to allow: `wanted`, or fewer if the limit is too low.
  ///
  /// - Throws: ``Failure`` if hardly any connection fits.
  func connections(
    wanted: Int,
    threads: Int,
    readThreads: Int,
    forOps: Bool = false
  ) throws -> Int {
    let reserved =
      Self.base + TTRPCServer.maxRefusedConnections + TTRPCServer.maxOperatorConnections
      + threads * Self.perThread + readThreads * Self.perReadThread
      + (forOps ? OpsServer.maxFiles : 0)
    let fitting = min(wanted, limit - reserved)
    guard fitting >= min(wanted, Self.minConnections) else {
      throw Failure(
        description: "the process may open \(limit) files, and needs at least "
          + "\(reserved + Self.minConnections): raise the hard limit (ulimit -Hn, LimitNOFILE= in "
          + "systemd)"
      )
    }
    return fitting
  }

  #if canImport(Glibc)
    private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
  #else
    private static let resource = RLIMIT_NOFILE
  #endif
}
