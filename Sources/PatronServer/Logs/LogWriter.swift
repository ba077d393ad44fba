internal import DequeModule
internal import PatronStore
internal import Synchronization

/// The way of the log's lines to its reader. Lines wait in a bounded buffer for a thread of their
/// own, so that a reader that is slow, or has stopped, holds up no other thread. Lines without room
/// are dropped, counted, and reported once others pass again. Usable on any thread.
package final class LogWriter: Sendable {
  private struct State: Sendable {
    var lines = Deque<[UInt8]>()
    /// The bytes of the lines that wait, and of the one that is being written.
    var bytes = 0
    /// Lines dropped since the last report.
    var unreported = 0
    var isClosed = false
    var hasEnded = false
  }

  /// The bytes of lines that may wait.
  package static let usualBytes = 1 << 20

  private let maxBytes: Int
  /// Makes the line that reports a number of dropped lines.
  private let report: @Sendable (Int) -> [UInt8]
  /// Writes a line. Returns false if that is impossible.
  private let put: @Sendable ([UInt8]) -> Bool
  private let state = Monitor(State())
  private let dropped = Atomic<Int>(0)

  /// Starts the thread. `put` runs on it, for one line at a time.
  package init(
    maxBytes: Int = LogWriter.usualBytes,
    report: @escaping @Sendable (Int) -> [UInt8],
    put: @escaping @Sendable ([UInt8]) -> Bool
  ) {
    self.maxBytes = maxBytes
    self.report = report
    self.put = put
    _ = LaneThread(name: "patron-log") { [self] in work() }
  }

  /// The lines that were dropped so far.
  package var droppedLines: Int { dropped.load(ordering: .relaxed) }

  /// Queues a line with its end. Never waits for the reader.
  package func write(_ line: [UInt8]) {
    let isTaken = state.update { state in
      guard !state.isClosed else { return false }
      guard state.bytes + line.count <= maxBytes else {
        state.unreported += 1
        return false
      }
      state.lines.append(line)
      state.bytes += line.count
      return true
    }
    if !isTaken { dropped.wrappingAdd(1, ordering: .relaxed) }
  }

  /// Writes the lines that wait, for at most `patience`, and ends. Later lines are dropped.
  package func close(within patience: Duration = .seconds(1)) {
    state.update { $0.isClosed = true }
    _ = state.wait(timeout: patience) { $0.hasEnded ? true : nil }
  }

  private func work() {
    while let line = next() {
      if !put(line) { dropped.wrappingAdd(1, ordering: .relaxed) }
      state.withLock { $0.bytes -= line.count }
    }
    state.update { $0.hasEnded = true }
  }

  /// Waits for the next line. Returns nil when all are written and no more can come.
  private func next() -> [UInt8]? {
    let next: [UInt8]?? = state.wait { state in
      if let line = state.lines.popFirst() { return .some(line) }
      if state.unreported > 0 {
        // The lines before the gap are written.
        let line = report(state.unreported)
        state.unreported = 0
        state.bytes += line.count
        return .some(line)
      }
      return state.isClosed ? .some(nil) : nil
    }
    return next ?? nil
  }
}
