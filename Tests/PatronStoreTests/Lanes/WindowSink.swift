import Testing

@testable import PatronStore

/// A client that accepts `window` messages, and more only as the test takes them out.
final class WindowSink: ScanSink {
  private struct State: Sendable {
    var messages: [[UInt8]] = []
    var taken = 0
    var overruns = 0
    var ends = 0
    var error: (any Error)?
  }

  private let state = Monitor(State())
  private let window: Int

  init(window: Int) { self.window = window }

  func send(_ message: [UInt8]) -> Bool {
    state.update { state in
      if state.messages.count - state.taken >= window { state.overruns += 1 }
      state.messages.append(message)
      return state.messages.count - state.taken < window
    }
  }

  func finish(_ error: (any Error)?) {
    state.update { state in
      state.ends += 1
      state.error = error
    }
  }

  /// Takes messages one by one, resuming the scan each time, until it has ended.
  func drain(_ handle: ScanHandle) throws -> [[UInt8]] {
    for _ in 0..<100_000 {
      let isOver: Bool? = state.wait(timeout: .seconds(60)) { state in
        if state.taken < state.messages.count {
          state.taken += 1
          return false
        }
        return state.ends > 0 ? true : nil
      }
      #expect(isOver != nil, "the scan went silent")
      if isOver != false { break }
      handle.resume()
    }
    return state.withLock { $0.messages }
  }

  func waitUntilFull() throws { try waitFor(window) }

  /// Waits until the scan has sent `count` messages.
  func waitFor(_ count: Int) throws {
    let came = state.wait(timeout: .seconds(60)) { $0.messages.count >= count ? true : nil }
    #expect(came == true, "the scan sent too little")
  }

  /// Takes a message, without telling the scan.
  func takeOne() { state.update { $0.taken += 1 } }

  /// Waits for the end and returns its error, nil for success.
  func waitForEnd() throws -> (any Error)? {
    let end: (any Error)?? = state.wait(timeout: .seconds(60)) { state in
      state.ends > 0 ? .some(state.error) : nil
    }
    #expect(state.withLock { $0.ends } == 1)
    return try #require(end, "the scan did not end")
  }

  var overruns: Int { state.withLock { $0.overruns } }
  var count: Int { state.withLock { $0.messages.count } }
}

/// A client that is full after every message, and has room again before the scan notices.
final class HastySink: ScanSink {
  private struct State: Sendable {
    var handle: ScanHandle?
    var error: (any Error)?
    var hasEnded = false
  }

  private let state = Monitor(State())

  func send(_ message: [UInt8]) -> Bool {
    state.withLock { $0.handle }?.resume()
    return false
  }

  func finish(_ error: (any Error)?) {
    state.update { state in
      state.error = error
      state.hasEnded = true
    }
  }

  func use(_ handle: ScanHandle) { state.update { $0.handle = handle } }

  func waitForHandle() { _ = state.wait(timeout: .seconds(60)) { $0.handle } }

  func waitForEnd() throws -> (any Error)? {
    let end: (any Error)?? = state.wait(timeout: .seconds(60)) { state in
      state.hasEnded ? .some(state.error) : nil
    }
    return try #require(end, "the scan did not end")
  }
}
