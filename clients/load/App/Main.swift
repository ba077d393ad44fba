#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

@main
enum Main {
  static func main() async {
    // A reader that closes the pipe early, as in `patron-load ... | head`, must not kill the
    // process.
    signal(SIGPIPE, SIG_IGN)
    Interruption.watch()
    let program = LoadProgram(
      output: { write($0, to: 1) },
      errors: { write($0, to: 2) },
      environment: { name in getenv(name).map { String(cString: $0) } },
      showsProgress: isatty(2) == 1
    )
    exit(await program.run(Array(CommandLine.arguments.dropFirst())))
  }

  private static func write(_ text: String, to descriptor: Int32) {
    var rest = Array(text.utf8)
    while !rest.isEmpty {
      let count = writeOnce(rest, to: descriptor)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return }
      rest.removeFirst(count)
    }
  }
}

private func writeOnce(_ bytes: [UInt8], to descriptor: Int32) -> Int {
  write(descriptor, bytes, bytes.count)
}
