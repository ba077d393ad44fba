import CLibFuzzer
import FuzzTargets
import Glibc
import Synchronization

/// Runs libFuzzer on the target that `PATRON_FUZZ_TARGET` names:
///
///     patron-fuzz [LIBFUZZER_FLAG]... [CORPUS]...
///
/// An input may take 100 ms of processor time. One that takes longer three times in a row stops the
/// program as a crash does, so that libFuzzer keeps it. The last line states the longest time.
@main
enum FuzzProgram {
  private static let maxMicros = 100_000
  private static let attempts = 3
  private static let slowest = Atomic<Int>(0)
  private static let target = chosenTarget()

  static func main() {
    var count = CommandLine.argc
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
    exit(LLVMFuzzerRunDriver(&count, &arguments, runInput))
  }

  private static func chosenTarget() -> FuzzTarget {
    guard let name = getenv("PATRON_FUZZ_TARGET"),
      let target = FuzzTarget.named(String(cString: name))
    else {
      let names = FuzzTarget.all.map(\.name).joined(separator: ", ")
      say("PATRON_FUZZ_TARGET names no target; expected is one of \(names).")
      exit(2)
    }
    atexit { FuzzProgram.report() }
    return target
  }

  static func run(_ input: UnsafeRawBufferPointer) {
    var least = Int.max
    for _ in 0..<attempts {
      let begin = micros()
      target.run(input)
      least = min(least, micros() - begin)
      if least <= maxMicros { break }
    }
    if least > slowest.load(ordering: .relaxed) { slowest.store(least, ordering: .relaxed) }
    guard least <= maxMicros else { fatalError("slow input: \(least) us of processor time") }
  }

  /// Returns the processor time of this thread, in microseconds.
  private static func micros() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return time.tv_sec * 1_000_000 + time.tv_nsec / 1000
  }

  /// Prints the longest time in the form of libFuzzer's own figures.
  private static func report() {
    say("stat::slowest_input_us: \(slowest.load(ordering: .relaxed))")
  }

  /// Writes a line to standard error.
  private static func say(_ text: String) {
    var line = text + "\n"
    line.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}

/// Runs one input. Linkers that prefer the `main` of libFuzzer find it by this name.
@c(LLVMFuzzerTestOneInput)
public func runInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  FuzzProgram.run(UnsafeRawBufferPointer(start: start, count: count))
  return 0
}
