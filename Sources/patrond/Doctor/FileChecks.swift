import Foundation

/// The findings about the owners and permissions of files.
enum FileChecks {
  /// Judges the data directory and its files: only the server's user may use them.
  static func data(_ folder: String) -> Finding {
    let check = "permissions"
    guard let own = FileMode(folder) else {
      return Finding(check, .ok, "there is no data directory yet; a start makes it")
    }
    var loose = own.isPrivate ? [] : ["\(folder) (0\(own.text), expected 0700)"]
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    for name in names where name.hasPrefix("patron.") {
      guard let mode = FileMode("\(folder)/\(name)") else { continue }
      if mode.user != own.user {
        return Finding(
          check,
          .fail,
          "\(name) belongs to user \(mode.user), and the directory to user \(own.user): the server "
            + "cannot use both. `chown` it"
        )
      }
      if !mode.isPrivate { loose.append("\(name) (0\(mode.text), expected 0600)") }
    }
    guard loose.isEmpty else {
      let isWritable = own.mode & 0o002 != 0
      return Finding(
        check,
        isWritable ? .fail : .warn,
        "other users may use \(loose.joined(separator: ", ")): `chmod go=` them"
      )
    }
    return Finding(check, .ok, "only user \(own.user) may use the data directory")
  }

  /// Judges the private key of TLS.
  static func key(_ path: String) -> Finding {
    let check = "TLS key"
    guard let mode = FileMode(path) else {
      return Finding(check, .fail, "there is no \(path)")
    }
    if mode.mode & 0o007 != 0 {
      return Finding(
        check,
        .fail,
        "every user may use \(path) (0\(mode.text)), and pass for the server: `chmod 600` it"
      )
    }
    if mode.mode & 0o020 != 0 {
      return Finding(check, .warn, "its group may replace \(path) (0\(mode.text)): `chmod g-w` it")
    }
    return Finding(check, .ok, "\(path) (0\(mode.text))")
  }

  /// Judges the settings file: those who may change it decide what the server does.
  static func settings(_ path: String) -> Finding {
    let check = "settings file"
    guard let mode = FileMode(path) else { return Finding(check, .fail, "there is no \(path)") }
    guard mode.mode & 0o022 == 0 else {
      return Finding(
        check,
        .warn,
        "other users may change \(path) (0\(mode.text)): `chmod go-w` it"
      )
    }
    return Finding(check, .ok, path)
  }
}

/// The owner and the permission bits of a file.
struct FileMode {
  let mode: UInt32
  let user: UInt32

  /// Looks at a file; nil if there is none.
  init?(_ path: String) {
    var information = stat()
    guard stat(path, &information) == 0 else { return nil }
    mode = UInt32(information.st_mode) & 0o777
    user = information.st_uid
  }

  /// True if only the owner may use the file.
  var isPrivate: Bool { mode & 0o077 == 0 }

  /// The bits in octal.
  var text: String { String(mode, radix: 8) }
}
