/// The mounted file systems, as `/proc/self/mountinfo` lists them.
struct MountTable {
  private struct Mount {
    let path: String
    let type: String
  }

  private let mounts: [Mount]

  /// Reads the table. Lines that cannot be read are left out.
  init(_ text: String) {
    mounts = text.split(separator: "\n").compactMap { line in
      // ID PARENT MAJOR:MINOR ROOT PATH OPTIONS [TAGS …] - TYPE SOURCE OPTIONS
      let fields = line.split(separator: " ")
      guard fields.count > 5, let dash = fields.firstIndex(of: "-"), dash + 1 < fields.count
      else { return nil }
      return Mount(path: Self.unescaped(fields[4]), type: String(fields[dash + 1]))
    }
  }

  /// Returns the type of the file system that an absolute path without links is on; nil if the
  /// table does not tell.
  func type(of path: String) -> String? {
    var best: Mount?
    for mount in mounts where Self.contains(mount.path, path) {
      // A later mount on the same place covers the earlier one.
      if mount.path.count >= best?.path.count ?? 0 { best = mount }
    }
    return best?.type
  }

  private static func contains(_ folder: String, _ path: String) -> Bool {
    folder == "/" || path == folder || path.hasPrefix(folder + "/")
  }

  /// Replaces the octal escapes of blanks and backslashes.
  private static func unescaped(_ field: Substring) -> String {
    let escapes = [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
    return escapes.reduce(String(field)) { $0.replacing($1.0, with: $1.1) }
  }
}
