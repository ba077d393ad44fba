/// The measured speed of the writer, from which waits are estimated. Recent transactions count
/// most.
struct WriterPace: Sendable {
  /// Cost of recent transactions, and the seconds that their jobs ran.
  private var cost = 0.0
  private var runSeconds = 0.0
  /// Seconds that a transaction takes beside its jobs: begin, commit and checkpoint.
  private var commitSeconds = 0.0
  /// The same for a usual transaction. Each one moves it by an eighth at most, so that a checkpoint
  /// hardly does.
  private var usualCommitSeconds = WriterPace.minCommitSeconds

  /// The least time that a commit counts as, so that a fast disk does not make transactions tiny.
  private static let minCommitSeconds = 0.001
  /// The weight that earlier transactions keep when one is noted.
  private static let memory = 0.875

  /// Notes a transaction, or several that ran jobs of this cost together. `run` is the time that
  /// the jobs took, `whole` the time from taking them to the end of the work that followed.
  mutating func note(cost: Int, run: Duration, whole: Duration) {
    self.cost = self.cost * Self.memory + Double(cost)
    runSeconds = runSeconds * Self.memory + run.seconds
    let commit = max(0, whole.seconds - run.seconds)
    commitSeconds = commitSeconds * Self.memory + commit * (1 - Self.memory)
    let usual = min(max(commit, usualCommitSeconds * 7 / 8), usualCommitSeconds * 9 / 8)
    usualCommitSeconds = max(usual, Self.minCommitSeconds)
  }

  /// Returns true if jobs that ran for this time are worth a commit: it takes no longer than they.
  func isWorthCommit(_ run: Duration) -> Bool { run.seconds >= usualCommitSeconds }

  /// Returns the time until work of this cost is committed, in transactions of at most
  /// `transactionCost`. Zero before anything was measured.
  func wait(for cost: Int, transactionCost: Int) -> Duration {
    .microseconds(Int64(min(seconds(for: cost, transactionCost: transactionCost), 3600) * 1e6))
  }

  /// Returns the same time in seconds, which is cheaper to compare.
  func seconds(for cost: Int, transactionCost: Int) -> Double {
    guard self.cost > 0 else { return 0 }
    let transactions = Double(cost / max(1, transactionCost) + 1)
    return Double(cost) * runSeconds / self.cost + transactions * commitSeconds
  }

  /// Returns the cost of the jobs that run in so many seconds; nil before anything was measured.
  func cost(inSeconds seconds: Double) -> Int? {
    guard cost > 0, runSeconds > 0 else { return nil }
    return Int(min(seconds * cost / runSeconds, 1e9))
  }
}

extension Duration {
  /// The duration in seconds.
  var seconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) + Double(attoseconds) / 1e18
  }
}
