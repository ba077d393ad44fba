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
    // A reader that has seen enough, as in `patron ... | head`, is no error worth a signal.
    signal(SIGPIPE, SIG_IGN)
    let status = await CommandLineRun.run(Array(CommandLine.arguments.dropFirst()))
    exit(status)
  }
}
