/// The findings about the machine, each from what was measured.
enum MachineChecks {
  /// Judges the limit of open files against the connections that the settings allow.
  static func openFiles(
    _ files: OpenFiles,
    connections wanted: Int,
    threads: Int,
    readThreads: Int
  ) -> Finding {
    let check = "open files"
    do {
      let fitting = try files.connections(
        wanted: wanted,
        threads: threads,
        readThreads: readThreads
      )
      guard fitting < wanted else {
        return Finding(check, .ok, "\(files.limit), enough for \(wanted) connections")
      }
      return Finding(
        check,
        .warn,
        "\(files.limit), enough for \(fitting) of \(wanted) connections (--max-connections): raise "
          + "the hard limit (ulimit -Hn, LimitNOFILE= in systemd)"
      )
    } catch {
      return Finding(check, .fail, "\(error)")
    }
  }

  /// Judges the memory that clients can make the server take against the least limit of its control
  /// groups and the memory of the machine, all in bytes.
  static func memory(bound: Int, group: Int?, machine: Int?) -> Finding {
    let check = "memory"
    let text = "clients can make the server take \(SizeText.of(bound))"
    let limits = [(group, "the control group allows"), (machine, "the machine has")]
    guard
      let (limit, name) = limits.compactMap({ pair in pair.0.map { ($0, pair.1) } }).min(
        by: { $0.0 < $1.0 }
      )
    else {
      return Finding(check, .warn, "\(text); the memory of the machine is unknown")
    }
    let found = "\(text), \(name) \(SizeText.of(limit))"
    // A quarter more, for the buffers of the system's sockets.
    guard limit >= bound + bound / 4 else {
      return Finding(
        check,
        .warn,
        "\(found): less than that and a quarter more, so that the system may end the server. Set "
          + "--memory-mib \(max(1, limit / 5 * 4) >> 20) or lower, or raise the limit"
      )
    }
    return Finding(check, .ok, found)
  }

  /// Judges the clock: `now` and `newest`, the last change of the database, in seconds since 1970.
  static func clock(now: Int, newest: Int?, isMonotonic: Bool) -> Finding {
    let check = "clock"
    guard isMonotonic else {
      return Finding(check, .fail, "the clock of the system goes backwards: restart the machine")
    }
    let year = 1970 + now / 31_556_952
    guard (2025...2100).contains(year) else {
      return Finding(check, .fail, "it is in the year \(year): set it before you write any data")
    }
    if let newest, now + 60 < newest {
      return Finding(
        check,
        .warn,
        "it is \((newest - now) / 60) minutes behind the last change of the database: events would "
          + "be dated before those that are stored. Set it"
      )
    }
    return Finding(check, .ok, "plausible")
  }

  /// Judges the version of SQLite.
  static func sqlite(_ version: String) -> Finding {
    let parts = version.split(separator: ".").compactMap { Int($0) }
    let isAffected =
      parts.count == 3 && !parts.lexicographicallyPrecedes([3, 7, 0])
      && parts.lexicographicallyPrecedes([3, 51, 3])
    let text =
      isAffected
      ? ": 3.7.0 to 3.51.2 can damage a database that two connections checkpoint at once. Patron "
        + "is not affected: one connection writes and checkpoints, and locks keep others out. Let "
        + "no other program open the database"
      : ""
    return Finding("SQLite", .ok, version + text)
  }
}
