import PatronClient

/// Retries after a lost connection, a full queue and other refusals that a wait may cure. Every
/// batch is safe to repeat.
enum BatchRetry {
  /// Runs `body` until it succeeds or fails permanently. Retries end after `patience`. The delay
  /// starts at 500 ms, doubles up to 5 s, and is never shorter than the delay that the server asked
  /// for. Call ``Session/reach()`` before the first batch, so that a wrong address is no reason to
  /// wait.
  static func run<Result>(
    patience: Duration = .seconds(60),
    _ body: () async throws(RPCError) -> Result
  ) async throws -> Result {
    let deadline = ContinuousClock.now + patience
    var wait = Duration.milliseconds(500)
    while true {
      do throws(RPCError) {
        return try await body()
      } catch {
        let isPassing = error.code == .unavailable || isCuredByWaiting(error)
        guard isPassing, ContinuousClock.now + wait < deadline else { throw error }
        try await Task.sleep(for: max(wait, error.retryDelay ?? .zero))
        wait = min(wait * 2, .seconds(5))
      }
    }
  }

  /// Returns true if the server asks for another attempt. A request that is too large, for one, is
  /// never accepted.
  private static func isCuredByWaiting(_ error: RPCError) -> Bool {
    error.code == .resourceExhausted && error.retryDelay.map { $0 >= .zero } ?? false
  }
}
