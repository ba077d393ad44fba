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
    // A reader that closes the pipe early, as in `patron ... | head`, must not kill the process.
    signal(SIGPIPE, SIG_IGN)
    let status = await CommandLineRun.run(Array(CommandLine.arguments.dropFirst()))
    exit(status)
  }
}
