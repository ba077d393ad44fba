/// The findings about the disk, each from what was measured.
enum DiskChecks {
  /// Judges the type of the file system that the data directory is on.
  static func fileSystem(_ type: String?) -> Finding {
    let check = "file system"
    guard let type else {
      return Finding(check, .warn, "its type is unknown; expected a local disk")
    }
    if ["nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph"].contains(type) {
      return Finding(
        check,
        .fail,
        "\(type): SQLite's log needs memory that processes share, and locks that hold; a network "
          + "file system has neither. Move the data to a local disk"
      )
    }
    if type == "overlay" || type == "aufs" {
      return Finding(
        check,
        .warn,
        "\(type): the data go with the container. Mount a volume on the data directory"
      )
    }
    if type == "tmpfs" || type == "ramfs" {
      return Finding(check, .warn, "\(type): the data are in memory, and go with a restart")
    }
    if type.hasPrefix("fuse") {
      return Finding(
        check,
        .warn,
        "\(type): its locks and its order of writes depend on the program behind it; prefer a "
          + "local disk"
      )
    }
    return Finding(check, .ok, type)
  }

  /// Judges the free space, all in bytes. `reserve` is that of `--disk-reserve-mib`.
  static func space(free: Int, database: Int, reserve: Int) -> Finding {
    let check = "disk space"
    let text = "\(SizeText.of(free)) free, the database has \(SizeText.of(database))"
    if free < reserve {
      return Finding(
        check,
        .fail,
        "\(text): less than the reserve for erasures (--disk-reserve-mib). Make room"
      )
    }
    guard free >= 2 * database else {
      return Finding(
        check,
        .warn,
        "\(text): `patrond compact` and a backup beside it need twice the database. Make room"
      )
    }
    return Finding(check, .ok, text)
  }

  /// Judges the times of flushes to the disk, in microseconds.
  static func sync(_ micros: [Int]) -> Finding {
    let check = "fdatasync"
    let sorted = micros.sorted()
    guard let last = sorted.last else {
      return Finding(check, .warn, "not measured: no file could be written")
    }
    let median = sorted[sorted.count / 2]
    let high = sorted.count < 100 ? last : sorted[sorted.count * 99 / 100]
    let text = "p50 \(Self.time(median)), p99 \(Self.time(high)) of \(sorted.count)"
    if median < 10 {
      return Finding(
        check,
        .warn,
        "\(text): faster than any disk. If its data are in memory or behind a cache without a "
          + "battery, a power cut loses acknowledged writes"
      )
    }
    if high > 100_000 {
      return Finding(
        check,
        .warn,
        "\(text): each transaction waits that long. Use a faster disk, or expect few writes"
      )
    }
    return Finding(check, .ok, text)
  }

  private static func time(_ micros: Int) -> String {
    micros < 10_000 ? "\(micros) us" : "\(micros / 1000) ms"
  }
}
