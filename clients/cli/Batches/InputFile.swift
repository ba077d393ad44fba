#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file that is read sequentially, or standard input.
struct InputFile: ~Copyable {
  /// The name for messages: the path, or `standard input`.
  let name: String
  /// Size in bytes, or nil if it is not a regular file.
  let size: Int?
  private let descriptor: Int32
  private let owns: Bool

  static var standardInput: InputFile {
    InputFile(
      name: "standard input",
      descriptor: CLIEnvironment.current.input,
      owns: false
    )
  }

  /// Opens a file, or standard input for `-`.
  static func open(_ source: String) throws(LocalError) -> InputFile {
    if source == "-" { return standardInput }
    return try InputFile(path: source)
  }

  init(path: String) throws(LocalError) {
    let descriptor = openForReading(path)
    guard descriptor >= 0 else {
      throw LocalError("cannot read \(path): \(String(cString: strerror(errno)))")
    }
    self.init(name: path, descriptor: descriptor, owns: true)
  }

  private init(name: String, descriptor: Int32, owns: Bool) {
    self.name = name
    self.descriptor = descriptor
    self.owns = owns
    var status = stat()
    let isFile = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    size = isFile ? Int(status.st_size) : nil
  }

  deinit {
    if owns { close(descriptor) }
  }

  /// Refuses a path for rejects that is this file, under any name, because the first reject would
  /// overwrite unread input. A path without a file is accepted.
  func refuse(asRejects path: String) throws(LocalError) {
    var input = stat()
    var rejects = stat()
    guard fstat(descriptor, &input) == 0, input.st_mode & S_IFMT == S_IFREG,
      stat(path, &rejects) == 0, input.st_dev == rejects.st_dev, input.st_ino == rejects.st_ino
    else { return }
    throw .usage(
      "the rejects would go to \(path), which is the input itself; name another file with --rejects"
    )
  }

  /// Appends up to `capacity` bytes to `buffer`. Returns false at the end of the file.
  func read(_ capacity: Int, to buffer: inout [UInt8]) throws(LocalError) -> Bool {
    var chunk = [UInt8](repeating: 0, count: capacity)
    let count = DescriptorIO.read(descriptor, into: &chunk)
    guard count >= 0 else {
      throw LocalError("cannot read \(name): \(String(cString: strerror(errno)))")
    }
    buffer += chunk[..<count]
    return count > 0
  }

  /// Returns the rest of the file. More than 64 MiB is an error.
  func readAll() throws(LocalError) -> [UInt8] {
    var bytes = [UInt8]()
    while try read(64 << 10, to: &bytes) {
      guard bytes.count <= 64 << 20 else {
        throw LocalError("\(name) is larger than 64 MiB; send many records with --batch")
      }
    }
    return bytes
  }
}

private func openForReading(_ path: String) -> Int32 { open(path, O_RDONLY | O_CLOEXEC) }
