import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The resources that the process uses, as the system counts them.
package struct ProcessUse {
  /// The time for which processors worked for the process, in seconds.
  var cpuSeconds: Double
  /// Bytes of memory in use; nil where the system does not say.
  var residentBytes: Int?
  var openFiles: Int?
  var maxFiles: Int?

  /// Asks the system. Reads two small files of `/proc`, where that exists.
  static func now() -> ProcessUse {
    var usage = rusage()
    #if canImport(Glibc)
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    #else
      getrusage(RUSAGE_SELF, &usage)
    #endif
    let files = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
    return ProcessUse(
      cpuSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime),
      residentBytes: residentBytes(),
      openFiles: files?.count,
      maxFiles: maxFiles()
    )
  }

  private static func seconds(_ time: timeval) -> Double {
    Double(time.tv_sec) + Double(time.tv_usec) / 1e6
  }

  /// Bytes of memory in use; nil where the system does not say. Reads a small file of `/proc`.
  package static func residentBytes() -> Int? {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else {
      return nil
    }
    let words = text.split(separator: " ")
    guard words.count > 1, let pages = Int(words[1]) else { return nil }
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
  }

  private static func maxFiles() -> Int? {
    var limits = rlimit()
    #if canImport(Glibc)
      let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
      let resource = RLIMIT_NOFILE
    #endif
    guard getrlimit(resource, &limits) == 0 else { return nil }
    return Int(clamping: limits.rlim_cur)
  }
}
