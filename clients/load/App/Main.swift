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
    var rest = ArraySlice(text.utf8)
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { bytes in
        #if canImport(Glibc)
          Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        #elseif canImport(Musl)
          Musl.write(descriptor, bytes.baseAddress, bytes.count)
        #else
          Darwin.write(descriptor, bytes.baseAddress, bytes.count)
        #endif
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }
}
